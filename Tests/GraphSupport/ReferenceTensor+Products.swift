import Graph

extension ReferenceTensor {
    /// op(A) · op(B), op being the transpose where told.
    func matmul(_ other: ReferenceTensor, transposeA: Bool, transposeB: Bool) -> ReferenceTensor {
        let a = transposeA ? transposed([1, 0]) : self
        let b = transposeB ? other.transposed([1, 0]) : other
        let (rows, inner, columns) = (a.shape[0], a.shape[1], b.shape[1])
        precondition(b.shape[0] == inner, "inner dimensions \(inner) and \(b.shape[0]) differ")
        var result = ReferenceTensor([rows, columns], repeating: 0)
        for i in 0..<rows {
            for j in 0..<columns {
                for k in 0..<inner {
                    result.values[i * columns + j] += a.values[i * inner + k] * b.values[k * columns + j]
                }
            }
        }
        return result
    }

    /// The products of equally many matrices [..., M, K] and [..., K, N], either transposed first where told.
    func batchedMatmul(_ other: ReferenceTensor, transposeA: Bool, transposeB: Bool) -> ReferenceTensor {
        let (a, b) = (matrices(), other.matrices())
        let made = zip(a, b).map { $0.matmul($1, transposeA: transposeA, transposeB: transposeB) }
        let columns = transposeB ? other.shape[shape.count - 2] : other.shape[shape.count - 1]
        let rows = transposeA ? shape[shape.count - 1] : shape[shape.count - 2]
        return ReferenceTensor(shape.dropLast(2) + [rows, columns], made.flatMap(\.values))
    }

    /// The last two dimensions as a matrix for each index of the others.
    private func matrices() -> [ReferenceTensor] {
        let last = Array(shape.suffix(2))
        let count = last.reduce(1, *)
        return (0..<(count == 0 ? 0 : values.count / count)).map {
            ReferenceTensor(last, Array(values[$0 * count..<($0 + 1) * count]))
        }
    }

    /// x wᵀ + b, then ReLU if told: this tensor is [N, I], the weight [O, I], the bias [O].
    func linear(weight: ReferenceTensor, bias: ReferenceTensor?, relu: Bool) -> ReferenceTensor {
        let product = matmul(weight, transposeA: false, transposeB: true)
        return product.addingBias(bias ?? ReferenceTensor([weight.shape[0]], repeating: 0), relu: relu)
    }

    /// x + b on the channel axis, 1, then ReLU if told.
    func addingBias(_ bias: ReferenceTensor, relu: Bool) -> ReferenceTensor {
        var result = self
        for (element, channel) in channels.enumerated() { result.values[element] += bias.values[channel] }
        return relu ? result.applying(.relu) : result
    }

    /// The channel of every element, in row-major order.
    var channels: [Int] { Self.offsets(of: shape, strides: shape.indices.map { $0 == 1 ? 1 : 0 }) }

    /// y[n, o, i, j] = Σ x[n, c, i·s + k − p, j·s + l − p] w[o, c, k, l] over the channels c of o's group.
    func convolution(_ weight: ReferenceTensor, _ geometry: Convolution2d) -> ReferenceTensor {
        var y = ReferenceTensor(geometry.outputShape(input: shape, weight: weight.shape), repeating: 0)
        Self.forEachProduct(x: shape, w: weight.shape, y: y.shape, geometry) { xAt, wAt, yAt in
            y.values[yAt] += values[xAt] * weight.values[wAt]
        }
        return y
    }

    /// The adjoint of convolution in x: this tensor is dy.
    func convolutionInputGradient(
        _ weight: ReferenceTensor, _ geometry: Convolution2d, input: Extent2d
    ) -> ReferenceTensor {
        let channels = weight.shape[1] * geometry.groups
        var dx = ReferenceTensor([shape[0], channels, input.height, input.width], repeating: 0)
        Self.forEachProduct(x: dx.shape, w: weight.shape, y: shape, geometry) { xAt, wAt, yAt in
            dx.values[xAt] += values[yAt] * weight.values[wAt]
        }
        return dx
    }

    /// The adjoint of convolution in w: this tensor is x.
    func convolutionWeightGradient(
        _ dy: ReferenceTensor, _ geometry: Convolution2d, kernel: Extent2d
    ) -> ReferenceTensor {
        let channels = shape[1] / geometry.groups
        var dw = ReferenceTensor([dy.shape[1], channels, kernel.height, kernel.width], repeating: 0)
        Self.forEachProduct(x: shape, w: dw.shape, y: dy.shape, geometry) { xAt, wAt, yAt in
            dw.values[wAt] += values[xAt] * dy.values[yAt]
        }
        return dw
    }

    /// Visits every product of the convolution: the offsets of its x, w and y; padding contributes none.
    private static func forEachProduct(
        x: [Int], w: [Int], y: [Int], _ geometry: Convolution2d, _ visit: (Int, Int, Int) -> Void
    ) {
        let outputsPerGroup = w[0] / geometry.groups
        for n in 0..<y[0] {
            for o in 0..<y[1] {
                for i in 0..<y[2] {
                    for j in 0..<y[3] {
                        for c in 0..<w[1] {
                            for k in 0..<w[2] {
                                for l in 0..<w[3] {
                                    let channel = o / outputsPerGroup * w[1] + c
                                    let row = i * geometry.stride.height + k - geometry.padding.height
                                    let column = j * geometry.stride.width + l - geometry.padding.width
                                    guard 0..<x[2] ~= row, 0..<x[3] ~= column else { continue }
                                    visit(
                                        ((n * x[1] + channel) * x[2] + row) * x[3] + column,
                                        ((o * w[1] + c) * w[2] + k) * w[3] + l,
                                        ((n * y[1] + o) * y[2] + i) * y[3] + j)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
