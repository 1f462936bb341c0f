/// What the fields of a table's column are.
package struct ColumnSurvey: Sendable {
    /// The sort of fields.
    package enum Kind: Sendable {
        /// Every field that is not empty is a finite number.
        case numbers
        /// Words, as `WordScreen` has it.
        case words
        /// Numbers beside other text, or text that is neither a number nor a word.
        case mixed
        /// Every field is empty.
        case empty
    }

    /// The name; nil without a header.
    package let name: String?
    /// How many fields are empty.
    package private(set) var emptyCount = 0
    /// The line of the first empty field.
    package private(set) var firstEmptyLine: Int?
    /// The first field that is no finite number, and its line.
    package private(set) var firstText: (text: String, line: Int)?
    /// Whether all numbers are whole.
    package private(set) var areWhole = true
    /// Whether each number is above the one before it.
    package private(set) var areAscending = true
    /// The least of the numbers.
    package private(set) var least = Double.infinity
    /// The largest of the numbers.
    package private(set) var largest = -Double.infinity
    /// How many fields are numbers.
    private var numberCount = 0
    /// How many fields are neither numbers nor empty.
    private var textCount = 0
    /// Whether a field begins with a letter.
    private var hasLetter = false
    /// Whether a number is not finite, or beyond Float32.
    private var hasUnusableNumber = false
    /// The sum of the numbers' squares, for their size.
    private var squares = 0.0
    /// The different fields, up to one more than a column of words may have.
    private var table = LabelTable()
    /// How often each of them occurs.
    private var counts: [Int] = []
    private var hasRepeated = false

    init(name: String?) { self.name = name }

    /// The sort of fields.
    package var kind: Kind {
        if numberCount + textCount == 0 { return hasUnusableNumber ? .mixed : .empty }
        if textCount == 0, !hasUnusableNumber { return .numbers }
        return numberCount == 0 && !hasUnusableNumber && hasLetter ? .words : .mixed
    }

    /// How many different fields there are, without empty ones; at most one more than `WordColumn.most`.
    package var distinctCount: Int { table.count }
    /// Whether there are more different fields than a column of words may have.
    package var hasTooManyWords: Bool { table.count > WordColumn.most }
    /// Whether no two fields are the same.
    package var areAllDifferent: Bool { !hasRepeated && table.count > 1 }
    /// √(mean of x²) of the numbers.
    package var magnitude: Double { numberCount > 0 ? (squares / Double(numberCount)).squareRoot() : 0 }
    /// Whether a field has a fraction.
    package var hasFraction: Bool { numberCount > 0 && !areWhole }

    /// The different fields in the order of their first appearance, with how often each occurs.
    package var values: [(text: String, count: Int)] {
        counts.indices.map { (String(decoding: table[$0], as: UTF8.self), counts[$0]) }
    }

    /// Whether one of the different fields is this one.
    func holds(_ text: [UInt8]) -> Bool { text.withUnsafeBytes(table.number) != nil }

    /// Takes the field of another row.
    mutating func take(_ text: UnsafeRawBufferPointer, line: Int) {
        guard !text.isEmpty else {
            emptyCount += 1
            if firstEmptyLine == nil { firstEmptyLine = line }
            return
        }
        count(text)
        do throws(DecimalNumber.Failure) {
            let number = try DecimalNumber.double(text)
            if DecimalNumber.whole(text) == nil { areWhole = false }
            if number <= largest { areAscending = false }
            least = min(least, number)
            largest = max(largest, number)
            squares += number * number
            numberCount += 1
        } catch {
            if firstText == nil { firstText = (String(decoding: text, as: UTF8.self), line) }
            guard error == .text else {
                hasUnusableNumber = true
                return
            }
            textCount += 1
            if !hasLetter { hasLetter = WordScreen.beginsWithLetter(text) }
        }
    }

    private mutating func count(_ text: UnsafeRawBufferPointer) {
        if let number = table.number(of: text) {
            counts[number] += 1
            hasRepeated = true
        } else if table.count <= WordColumn.most, table.insert(text) != nil {
            counts.append(1)
        }
    }
}
