/// Finds distinct numbers of a column that become one when they are rounded, such as Unix times in Float32.
///
/// Whole numbers are distinct where they differ. Others are where they differ by more than rounding and by more than
/// `resolution` of the column's spread: below that, what the model computes in tells them apart no better, centred or not.
enum MergedNumbers {
    /// Two distinct numbers, the smaller one first.
    typealias Pair = (low: Double, high: Double)

    /// The part of a column's spread that Float32 must resolve: a quarter of what it resolves of numbers around 0.
    static let resolution = 0x1p-22

    /// Two of some numbers, which are distinct and ascend, that `round`, which never descends, makes one; nil where it
    /// keeps all apart.
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

    /// Like `pair`, but of whole numbers alone, for which the other numbers do not matter.
    static func wholePair(among values: [Double], _ round: (Double) -> Float) -> Pair? {
        var pair: Pair?
        forEachGroup(of: values, round) { group in
            let wholes = group.lazy.filter(isWhole).prefix(2)
            if pair == nil, let low = wholes.first, let high = wholes.dropFirst().first { pair = (low, high) }
        }
        return pair
    }

    /// Whether two numbers differ by no more than what arithmetic in Float64 leaves, as 0.3 and 0.1 + 0.2 do.
    static func isRounding(_ low: Double, _ high: Double) -> Bool {
        high - low <= 10 * .ulpOfOne * max(low.magnitude, high.magnitude)
    }

    /// Whether it is a number that whole numbers of 64 bits can be.
    private static func isWhole(_ value: Double) -> Bool {
        value.magnitude < 0x1p63 && value.rounded() == value
    }

    /// Calls `body` for each run of two or more numbers that are one when rounded.
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
