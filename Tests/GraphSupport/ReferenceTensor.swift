/// A dense tensor of Float64 in row-major order: what the reference interpreter computes with.
///
/// Labels, example indices and pooling offsets are held as whole Float64 numbers.
package struct ReferenceTensor: Sendable, Equatable {
    /// The extents, outermost first.
    package let shape: [Int]
    /// The elements, row-major; as many as the product of the shape.
    package var values: [Double]

    /// A tensor of `shape` with these elements.
    package init(_ shape: [Int], _ values: [Double]) {
        precondition(
            values.count == shape.reduce(1, *), "\(values.count) values do not fill shape \(shape)")
        self.shape = shape
        self.values = values
    }

    /// A tensor filled with one value.
    package init(_ shape: [Int], repeating value: Double) {
        self.init(shape, Array(repeating: value, count: shape.reduce(1, *)))
    }

    /// A scalar.
    package init(_ value: Double) { self.init([], [value]) }

    /// The only element; the tensor must have exactly one.
    package var scalar: Double {
        precondition(values.count == 1, "shape \(shape) is no scalar")
        return values[0]
    }

    /// How far apart neighbours along each dimension are stored.
    package var strides: [Int] { Self.strides(of: shape) }

    /// The row-major strides of a tensor of `shape`.
    static func strides(of shape: [Int]) -> [Int] {
        shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
    }

    /// Σ index_d · strides_d for every index of `shape`, in row-major order.
    static func offsets(of shape: [Int], strides: [Int]) -> [Int] {
        zip(shape, strides).reduce([0]) { bases, dimension in
            bases.flatMap { base in (0..<dimension.0).map { base + $0 * dimension.1 } }
        }
    }

    /// Every element replaced by `transform` of it.
    package func map(_ transform: (Double) -> Double) -> ReferenceTensor {
        ReferenceTensor(shape, values.map(transform))
    }

    /// `transform` of each pair of elements of two tensors of equal shape.
    package func combined(
        with other: ReferenceTensor, _ transform: (Double, Double) -> Double
    ) -> ReferenceTensor {
        precondition(shape == other.shape, "shapes \(shape) and \(other.shape) differ")
        return ReferenceTensor(shape, values.indices.map { transform(values[$0], other.values[$0]) })
    }

    /// The examples of `range`: (N, ...) → (range.count, ...).
    package func rows(_ range: Range<Int>) -> ReferenceTensor {
        let width = shape.dropFirst().reduce(1, *)
        return ReferenceTensor(
            [range.count] + shape.dropFirst(),
            Array(values[range.lowerBound * width..<range.upperBound * width]))
    }

    /// The tensors of all shards joined along the first dimension; at least one is needed.
    package static func concatenated(_ parts: [ReferenceTensor]) -> ReferenceTensor {
        precondition(!parts.isEmpty, "nothing to concatenate")
        return ReferenceTensor(
            [parts.map { $0.shape[0] }.reduce(0, +)] + parts[0].shape.dropFirst(), parts.flatMap(\.values))
    }

    /// The element-wise sum of tensors of one shape; at least one is needed.
    package static func total(_ parts: [ReferenceTensor]) -> ReferenceTensor {
        precondition(!parts.isEmpty, "nothing to add")
        return parts.dropFirst().reduce(parts[0]) { $0.combined(with: $1, +) }
    }
}
