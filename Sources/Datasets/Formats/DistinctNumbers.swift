/// Collects the distinct numbers of a column, as far as needed to find numbers that rounding merges.
struct DistinctNumbers {
    /// Numbers in Float64, sorted up to the last `settle`.
    private var values: [Double] = []
    /// Whole numbers that Float64 may merge.
    private var wholes: [Int] = []
    private var limit = 4096
    private var found: MergedNumbers.Pair?

    /// Two whole numbers that Float64 merges; complete after `settle`.
    private(set) var lost: (low: Int, high: Int)?

    /// Two numbers that Float32 merges; nil if there are none.
    mutating func mergedInFloat32() -> MergedNumbers.Pair? {
        settle()
        return found ?? MergedNumbers.pair(among: values) { Float($0) }
    }

    /// Adds a field, which may be a number.
    mutating func add(_ text: UnsafeRawBufferPointer) {
        // Once a pair is found, only numbers that Float64 may merge matter, which have at least 16 characters.
        if found != nil, text.count < 16 { return }
        guard let value = try? DecimalNumber.double(text) else { return }
        add(value, whole: DecimalNumber.whole(text))
    }

    /// Adds a number.
    ///
    /// - Parameter whole: The exact value, if it is a whole number.
    mutating func add(_ value: Double, whole: @autoclosure () -> Int?) {
        if value.magnitude >= 0x1p53, lost == nil, let whole = whole() { wholes.append(whole) }
        if found == nil { values.append(value) }
        if max(values.count, wholes.count) >= limit {
            settle()
            limit = max(limit, 2 * max(values.count, wholes.count))
        }
    }

    /// Keeps each number once, and none once a pair is found. So memory is bounded by the distinct numbers of columns
    /// without such a pair.
    private mutating func settle() {
        values = Self.distinct(values)
        found = found ?? MergedNumbers.wholePair(among: values) { Float($0) }
        if found != nil { values = [] }
        wholes = Self.distinct(wholes)
        if let place = wholes.indices.dropFirst().first(where: {
            Double(wholes[$0 - 1]) == Double(wholes[$0])
        }) {
            lost = (wholes[place - 1], wholes[place])
            wholes = []
        }
    }

    private static func distinct<Value: Comparable>(_ values: [Value]) -> [Value] {
        var distinct: [Value] = []
        for value in values.sorted() where distinct.last != value { distinct.append(value) }
        return distinct
    }
}
