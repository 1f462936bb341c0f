extension Operation {
    /// Products of matrices and dense layers.
    public enum Dense: Sendable, Hashable {
        /// op(A) · op(B) for matrices, op being the transpose where told.
        case matmul(transposeA: Bool, transposeB: Bool)
        /// op(A[b]) · op(B[b]) for each of equally many matrices, [..., M, K] and [..., K, N].
        case batchedMatmul(transposeA: Bool, transposeB: Bool)
        /// (x [N, I], w [O, I], b [O] if any) → y [N, O] = x wᵀ + b, then ReLU if told.
        case linear(relu: Bool)
        /// (x [N, C, ...], b [C]) → x + b on the channel axis, then ReLU if told.
        case biasAdd(relu: Bool)
    }
}

extension Operation.Dense: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        switch self {
        case .matmul(let transposeA, let transposeB):
            let (a, b) = (operands.matrix(0), operands.matrix(1))
            let (rows, inner) = transposeA ? (a.columns, a.rows) : a
            let (other, columns) = transposeB ? (b.columns, b.rows) : b
            operands.require(inner == other, "inner dimensions \(inner) and \(other) differ")
            return [TensorType([rows, columns])]
        case .batchedMatmul(let transposeA, let transposeB):
            let (a, b) = (operands[0].shape, operands[1].shape)
            operands.require(
                a.count >= 2 && a.dropLast(2) == b.dropLast(2), "there must be equally many matrices")
            let (rows, inner) =
                transposeA ? (a[a.count - 1], a[a.count - 2]) : (a[a.count - 2], a[a.count - 1])
            let (other, columns) =
                transposeB ? (b[b.count - 1], b[b.count - 2]) : (b[b.count - 2], b[b.count - 1])
            operands.require(inner == other, "inner dimensions \(inner) and \(other) differ")
            return [TensorType(a.dropLast(2) + [rows, columns])]
        case .linear:
            let (x, w) = (operands.matrix(0), operands.matrix(1))
            operands.require(
                x.columns == w.columns, "the layer expects \(w.columns) inputs, got \(x.columns)")
            return [TensorType([x.rows, w.rows])]
        case .biasAdd:
            operands.require(
                operands[1].shape == [operands.channels()], "the bias needs one value per channel")
            return [operands[0]]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let wanted = node.wanted
        func throughRelu(_ relu: Bool) -> Tensor {
            relu ? node.results[0].applying(.elementwise(.binary(.reluGradient)), dy) : dy
        }
        /// Of a · b, by products like it.
        func ofProduct(
            _ transposeA: Bool, _ transposeB: Bool, _ product: (Tensor, Tensor, Bool, Bool) -> Tensor
        ) -> [Tensor?] {
            let (a, b) = (node.operands[0], node.operands[1])
            var da: Tensor?
            if wanted[0] {
                da = transposeA ? product(b, dy, transposeB, true) : product(dy, b, false, !transposeB)
            }
            var db: Tensor?
            if wanted[1] {
                db = transposeB ? product(dy, a, true, transposeA) : product(a, dy, !transposeA, false)
            }
            return [da, db]
        }
        switch self {
        case .matmul(let transposeA, let transposeB):
            return ofProduct(transposeA, transposeB) { $0.matmul($1, transposeA: $2, transposeB: $3) }
        case .batchedMatmul(let transposeA, let transposeB):
            return ofProduct(transposeA, transposeB) { $0.batchedMatmul($1, transposeA: $2, transposeB: $3) }
        case .linear(let relu):
            let (x, w) = (node.operands[0], node.operands[1])
            let dz = throughRelu(relu)
            var made: [Tensor?] = [
                wanted[0] ? dz.matmul(w) : nil,
                wanted[1] ? dz.matmul(x, transposeA: true) : nil,
            ]
            if node.operands.count == 3 {
                made.append(wanted[2] ? dz.sum([0]).reshaped(to: node.operands[2].shape) : nil)
            }
            return made
        case .biasAdd(let relu):
            let dz = throughRelu(relu)
            return [dz, wanted[1] ? dz.summedOverChannels() : nil]
        }
    }

    var definition: Definition? {
        switch self {
        case .matmul, .batchedMatmul: return nil
        case .linear(let relu):
            return { operands in
                let product = operands[0].matmul(operands[1], transposeB: true)
                guard operands.count == 3 else { return [product.activated(relu)] }
                return [(product + operands[2].alongChannels(of: product.shape)).activated(relu)]
            }
        case .biasAdd(let relu):
            return { [($0[0] + $0[1].alongChannels(of: $0[0].shape)).activated(relu)] }
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int {
        let a = operands[0].shape
        switch self {
        case .matmul(let transposeA, _): return 2 * results[0].count * (transposeA ? a[0] : a[1])
        case .batchedMatmul(let transposeA, _):
            return 2 * results[0].count * (transposeA ? a[a.count - 2] : a[a.count - 1])
        case .linear: return 2 * results[0].count * a[1]
        case .biasAdd: return 0
        }
    }
}

extension Tensor {
    /// The product of two matrices, either transposed first where told.
    public func matmul(_ other: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
        applying(.dense(.matmul(transposeA: transposeA, transposeB: transposeB)), other)
    }

    /// The products of equally many matrices [..., M, K] and [..., K, N], either transposed first where told.
    public func batchedMatmul(_ other: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
        applying(.dense(.batchedMatmul(transposeA: transposeA, transposeB: transposeB)), other)
    }

    /// x wᵀ + b: this tensor is [N, I], the weight [O, I], the bias [O].
    public func linear(weight: Tensor, bias: Tensor?) -> Tensor {
        if let bias { return applying(.dense(.linear(relu: false)), weight, bias) }
        return applying(.dense(.linear(relu: false)), weight)
    }
}

extension Tensor {
    /// max(x, 0) where told, else x.
    func activated(_ relu: Bool) -> Tensor { relu ? self.relu() : self }
}
