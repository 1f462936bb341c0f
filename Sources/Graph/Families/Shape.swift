extension Operation {
    /// Moves, repetitions and reductions of elements.
    public enum Shape: Sendable, Hashable {
        /// The same elements in another shape.
        case reshape([Int])
        /// Dimension d of the result is dimension permutation[d] of the operand.
        case transpose([Int])
        /// Repeats dimensions of extent 1 up to the given shape of the same rank.
        case broadcast([Int])
        /// Sums over the axes, which stay with extent 1.
        case sum([Int])
        /// The largest element over the axes, which stay with extent 1.
        case maximum([Int])
        /// One row per label with a 1 at the label, none for a negative one: int32[N] → float32[N, K].
        case oneHot(Int)
    }
}

extension Operation.Shape: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        let x = operands[0]
        switch self {
        case .reshape(let shape):
            operands.require(shape.reduce(1, *) == x.count, "the element count changes")
            return [TensorType(shape, x.element)]
        case .transpose(let permutation):
            operands.require(
                permutation.sorted() == Array(x.shape.indices), "not a permutation of the dimensions")
            return [TensorType(permutation.map { x.shape[$0] }, x.element)]
        case .broadcast(let shape):
            operands.require(
                shape.count == x.shape.count && zip(x.shape, shape).allSatisfy { $0 == $1 || $0 == 1 },
                "only dimensions of extent 1 can be repeated")
            return [TensorType(shape, x.element)]
        case .sum(let axes), .maximum(let axes):
            var shape = x.shape
            for axis in axes {
                operands.require(shape.indices.contains(axis), "no axis \(axis)")
                shape[axis] = 1
            }
            return [TensorType(shape, x.element)]
        case .oneHot(let classes):
            operands.require(x.element == .int32 && x.shape.count == 1, "labels must be int32[N]")
            return [TensorType([x.shape[0], classes])]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let x = node.operands[0]
        switch self {
        case .reshape:
            return [dy.reshaped(to: x.shape)]
        case .transpose(let permutation):
            let inverse = permutation.indices.map { place in permutation.firstIndex(of: place) ?? place }
            return [dy.transposed(inverse)]
        case .broadcast(let shape):
            let axes = shape.indices.filter { shape[$0] != x.shape[$0] }
            return [axes.isEmpty ? dy : dy.sum(axes)]
        case .sum:
            return [dy.broadcast(to: x.shape)]
        case .maximum(let axes):
            // Ties share the derivative equally, as torch.amax does; x = max exactly where max − x is not positive.
            let below = (node.results[0].broadcast(to: x.shape) - x).step()
            let mask = -below + 1
            return [mask * (dy / mask.sum(axes)).broadcast(to: x.shape)]
        case .oneHot:
            return []
        }
    }

    var definition: Definition? {
        switch self {
        case .reshape, .transpose, .broadcast, .sum, .maximum, .oneHot: nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// The same elements, in row-major order, in another shape.
    public func reshaped(to shape: [Int]) -> Tensor {
        shape == self.shape ? self : applying(.shape(.reshape(shape)))
    }

    /// Everything behind the first dimension in one: (N, ...) → (N, count).
    public func flattened() -> Tensor {
        let examples = shape.first ?? 1
        return reshaped(to: [examples, shape.dropFirst().reduce(1, *)])
    }

    /// Dimension d of the result is dimension `permutation[d]` of this tensor.
    public func transposed(_ permutation: [Int]) -> Tensor { applying(.shape(.transpose(permutation))) }

    /// The transpose of a matrix.
    public func transposed() -> Tensor { transposed([1, 0]) }

    /// Dimensions of extent 1 repeated up to `shape`, which has the same rank.
    public func broadcast(to shape: [Int]) -> Tensor {
        shape == self.shape ? self : applying(.shape(.broadcast(shape)))
    }

    /// The sum over `axes`, which stay with extent 1.
    public func sum(_ axes: [Int]) -> Tensor { applying(.shape(.sum(axes.sorted()))) }

    /// The sum of all elements: a scalar.
    public func sum() -> Tensor { sum(Array(shape.indices)).reshaped(to: []) }

    /// The mean over `axes`, which stay with extent 1.
    public func mean(_ axes: [Int]) -> Tensor {
        sum(axes) * (1 / Double(max(1, axes.map { shape[$0] }.reduce(1, *))))
    }

    /// The largest element over `axes`, which stay with extent 1.
    public func maximum(_ axes: [Int]) -> Tensor { applying(.shape(.maximum(axes.sorted()))) }

    /// One row per label with a 1 at the label.
    public func oneHot(_ classes: Int) -> Tensor { applying(.shape(.oneHot(classes))) }

    /// A scalar repeated up to `shape`.
    package func filled(_ shape: [Int]) -> Tensor {
        reshaped(to: Array(repeating: 1, count: shape.count)).broadcast(to: shape)
    }

    /// A vector laid along the channel axis, 1, of a tensor of `shape`.
    package func alongChannels(of shape: [Int]) -> Tensor {
        var extents = Array(repeating: 1, count: shape.count)
        extents[1] = shape[1]
        return reshaped(to: extents).broadcast(to: shape)
    }

    /// The sum over everything but the channel axis, 1, as a vector.
    package func summedOverChannels() -> Tensor {
        sum(shape.indices.filter { $0 != 1 }).reshaped(to: [shape[1]])
    }
}
