/// The distinct numbers of a column, as far as they must be known to say which of them become one.
struct DistinctNumbers {
    /// In Float64, sorted as far as the last `settle`.
    private var values: [Double] = []
    /// Whole numbers that Float64 may be too coarse for.
    private var wholes: [Int] = []
    private var limit = 4096
    private var found: MergedNumbers.Pair?

    /// Whole numbers that Float64 makes one; complete after `settle`.
    private(set) var lost: (low: Int, high: Int)?

    /// Two numbers that Float32 makes one, if there are any.
    mutating func mergedInFloat32() -> MergedNumbers.Pair? {
        settle()
        return found ?? MergedNumbers.pair(among: values) { Float($0) }
    }

    /// Takes a field that may be a number.
    mutating func add(_ text: UnsafeRawBufferPointer) {
        // Nothing more is to be found out of numbers that Float64 holds.
        if found != nil, text.count < 16 { return }
        guard let value = try? DecimalNumber.double(text) else { return }
        add(value, whole: DecimalNumber.whole(text))
    }

    /// Takes a number.
    ///
    /// - Parameter whole: What it is exactly, if it is a whole number.
    mutating func add(_ value: Double, whole: @autoclosure () -> Int?) {
        if value.magnitude >= 0x1p53, lost == nil, let whole = whole() { wholes.append(whole) }
        if found == nil { values.append(value) }
        if max(values.count, wholes.count) >= limit {
            settle()
            limit = max(limit, 2 * max(values.count, wholes.count))
        }
    }

    /// Keeps each number once, and none where the question is settled: so memory is bounded by the distinct numbers of
    /// columns whose answer takes all of them.
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
