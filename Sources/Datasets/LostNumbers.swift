/// Two distinct numbers of a column that the model cannot tell apart.
package struct LostNumbers: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The column in the words of messages.
    package let column: String
    let low, high: String

    /// The column and the numbers, as in: column "time" (1700000000 and 1700000001).
    package var description: String { "\(column) (\(low) and \(high))" }

    init(column: String, _ pair: MergedNumbers.Pair) {
        self.column = column
        (low, high) = (Self.text(pair.low), Self.text(pair.high))
    }

    init(column: String, low: Int, high: Int) {
        self.column = column
        (self.low, self.high) = ("\(low)", "\(high)")
    }

    private static func text(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
