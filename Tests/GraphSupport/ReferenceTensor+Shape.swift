extension ReferenceTensor {
    /// The same elements in another shape.
    func reshaped(to shape: [Int]) -> ReferenceTensor { ReferenceTensor(shape, values) }

    /// Dimension d of the result is dimension `permutation[d]`.
    func transposed(_ permutation: [Int]) -> ReferenceTensor {
        let target = permutation.map { shape[$0] }
        let offsets = Self.offsets(of: target, strides: permutation.map { strides[$0] })
        return ReferenceTensor(target, offsets.map { values[$0] })
    }

    /// Dimensions of extent 1 repeated up to `target`.
    func broadcast(to target: [Int]) -> ReferenceTensor {
        let steps = shape.indices.map { shape[$0] == 1 ? 0 : strides[$0] }
        return ReferenceTensor(target, Self.offsets(of: target, strides: steps).map { values[$0] })
    }

    /// The sum over `axes`, which stay with extent 1.
    func sum(_ axes: [Int]) -> ReferenceTensor { folded(over: axes, from: 0, +) }

    /// The largest element over `axes`, which stay with extent 1; NaN is larger than any.
    func maximum(_ axes: [Int]) -> ReferenceTensor {
        folded(over: axes, from: -.infinity) { Self.isLarger($1, than: $0) ? $1 : $0 }
    }

    /// Whether a maximum moves from `best` to `value`: the first of equals stays, NaN wins.
    static func isLarger(_ value: Double, than best: Double) -> Bool {
        value > best || (value.isNaN && !best.isNaN)
    }

    /// One row per label with a 1 at the label; a negative one has none.
    func oneHot(_ classes: Int) -> ReferenceTensor {
        var result = ReferenceTensor([shape[0], classes], repeating: 0)
        for (row, label) in values.enumerated() where label >= 0 {
            result.values[row * classes + Int(label)] = 1
        }
        return result
    }

    private func folded(
        over axes: [Int], from start: Double, _ combine: (Double, Double) -> Double
    ) -> ReferenceTensor {
        let target = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
        var result = ReferenceTensor(target, repeating: start)
        let steps = shape.indices.map { axes.contains($0) ? 0 : result.strides[$0] }
        for (element, place) in Self.offsets(of: shape, strides: steps).enumerated() {
            result.values[place] = combine(result.values[place], values[element])
        }
        return result
    }
}
