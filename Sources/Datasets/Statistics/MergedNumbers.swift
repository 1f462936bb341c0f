/// Finds distinct numbers of a column that rounding merges, such as Unix times in Float32.
///
/// Whole numbers are distinct if they differ. Others are distinct if they differ by more than rounding and by more than
/// `resolution` of the column's spread: below that, the model's arithmetic cannot tell them apart either, centred or
/// not.
enum MergedNumbers {
    /// Two distinct numbers in ascending order.
    typealias Pair = (low: Double, high: Double)

    /// The share of a column's spread that Float32 must resolve: four times as coarse as it resolves numbers around 0.
    static let resolution = 0x1p-22

    /// Two of the given distinct, ascending numbers that the monotonic function `round` merges; nil if it keeps all
    /// apart.
    static func pair(among values: [Double], _ round: (Double) -> Float) -> Pair? {
        if let pair = wholePair(among: values, round) { return pair }
        guard let least = values.first, let most = values.last else { return nil }
        var widest: Pair?
        var gap = resolution * (most - least)
        forEachGroup(of: values, round) { group in
            guard let low = group.first, let high = group.last, high - low > gap,
                !isRounding(low, high)
            else { return }
            (widest, gap) = ((low, high), high - low)
        }
        return widest
    }

    /// Like `pair`, but for whole numbers alone, for which the other numbers do not matter.
    static func wholePair(among values: [Double], _ round: (Double) -> Float) -> Pair? {
        var pair: Pair?
        forEachGroup(of: values, round) { group in
            let wholes = group.lazy.filter(isWhole).prefix(2)
            if pair == nil, let low = wholes.first, let high = wholes.dropFirst().first { pair = (low, high) }
        }
        return pair
    }

    /// Whether two numbers differ by no more than the rounding of Float64 arithmetic, as 0.3 and 0.1 + 0.2 do.
    static func isRounding(_ low: Double, _ high: Double) -> Bool {
        high - low <= 10 * .ulpOfOne * max(low.magnitude, high.magnitude)
    }

    /// Whether it is a whole number that fits 64 bits.
    private static func isWhole(_ value: Double) -> Bool {
        value.magnitude < 0x1p63 && value.rounded() == value
    }

    /// Calls `body` for each run of two or more numbers that are equal when rounded.
    private static func forEachGroup(
        of values: [Double], _ round: (Double) -> Float, _ body: (ArraySlice<Double>) -> Void
    ) {
        guard var rounded = values.first.map(round) else { return }
        var start = 0
        for end in 1...values.count {
            let next = end < values.count ? round(values[end]) : nil
            if next == rounded { continue }
            if end - start > 1 { body(values[start..<end]) }
            start = end
            if let next { rounded = next }
        }
    }
}
