extension Tensor {
    /// The same elements, in row-major order, in another shape.
    public func reshaped(to shape: [Int]) -> Tensor { shape == self.shape ? self : applying(.reshape(shape)) }

    /// Everything behind the first dimension in one: (N, ...) → (N, count).
    public func flattened() -> Tensor {
        let examples = shape.first ?? 1
        return reshaped(to: [examples, shape.dropFirst().reduce(1, *)])
    }

    /// Dimension d of the result is dimension `permutation[d]` of this tensor.
    public func transposed(_ permutation: [Int]) -> Tensor { applying(.transpose(permutation)) }

    /// The transpose of a matrix.
    public func transposed() -> Tensor { transposed([1, 0]) }

    /// Dimensions of extent 1 repeated up to `shape`, which has the same rank.
    public func broadcast(to shape: [Int]) -> Tensor {
        shape == self.shape ? self : applying(.broadcast(shape))
    }

    /// The sum over `axes`, which stay with extent 1.
    public func sum(_ axes: [Int]) -> Tensor { applying(.sum(axes.sorted())) }

    /// The sum of all elements: a scalar.
    public func sum() -> Tensor { sum(Array(shape.indices)).reshaped(to: []) }

    /// The mean over `axes`, which stay with extent 1.
    public func mean(_ axes: [Int]) -> Tensor {
        sum(axes) * (1 / Double(max(1, axes.map { shape[$0] }.reduce(1, *))))
    }

    /// The largest element over `axes`, which stay with extent 1.
    public func maximum(_ axes: [Int]) -> Tensor { applying(.maximum(axes.sorted())) }

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
