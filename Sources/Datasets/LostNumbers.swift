/// Two distinct numbers of a column that the model cannot tell apart.
package struct LostNumbers: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The column as messages call it.
    package let column: String
    /// The two numbers.
    let low, high: String

    /// The column and the numbers, as in: column "time" (1700000000 and 1700000001).
    package var description: String { "\(column) (\(low) and \(high))" }

    /// Two numbers of a column.
    init(column: String, _ pair: MergedNumbers.Pair) {
        self.column = column
        (low, high) = (Self.text(pair.low), Self.text(pair.high))
    }

    /// Two whole numbers of a column.
    init(column: String, low: Int, high: Int) {
        self.column = column
        (self.low, self.high) = ("\(low)", "\(high)")
    }

    private static func text(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
