/// Says which columns of a table may hold distinct numbers that Float32 makes one, by a look at each field that costs
/// nothing where fields are short: decimals of at most six digits are told apart.
struct NumberScreen {
    /// The numbers of a column that have more than six digits.
    struct Seen {
        private var least = Float.infinity
        private var most = -Float.infinity

        /// Takes one more.
        mutating func add(_ value: Float) {
            if value < least { least = value }
            if value > most { most = value }
        }

        /// Whether Float32 may merge whole numbers here, or has fewer steps than `MergedNumbers` asks for. Other numbers
        /// of the column can only make its spread wider.
        var isSuspect: Bool {
            let magnitude = max(least.magnitude, most.magnitude)
            return least <= most
                && (isLarge
                    || Double(magnitude.ulp) > MergedNumbers.resolution * (Double(most) - Double(least)))
        }

        /// Whether whole numbers lie further apart in Float32 than 1; more fields change nothing then.
        var isLarge: Bool { least <= most && max(least.magnitude, most.magnitude) >= 0x1p24 }
    }

    private let featureCount: Int
    private var seen: [Seen]

    /// A screen of the features and targets of some columns; one that looks at nothing where it is skipped.
    init(_ columns: CSVColumns, isSkipped: Bool) {
        featureCount = columns.featureCount
        let numbers = columns.roles.count { if case .target = $0 { true } else { false } } + featureCount
        seen = isSkipped ? [] : Array(repeating: Seen(), count: numbers)
    }

    /// The numbers that may be merged.
    var suspects: [Int] { seen.indices.filter { seen[$0].isSuspect } }

    /// Counts features, then targets; nil for columns of no numbers.
    func number(of role: CSVColumns.Role) -> Int? {
        switch role {
        case .feature(let feature): feature
        case .target(let target): featureCount + target
        case .label, .ignored: nil
        }
    }

    /// Looks at the row that a tokenizer stands at. What is no number is left for `load` to find.
    mutating func look(at row: CSVTokenizer, _ columns: CSVColumns) {
        guard !seen.isEmpty else { return }
        for (column, field) in row.fields.enumerated() where field.end - field.start > 6 {
            guard let number = number(of: columns.roles[column]), !seen[number].isLarge else { continue }
            let text = row.content(field)
            guard DecimalNumber.significantDigits(text) > 6, let value = try? DecimalNumber.float(text) else {
                continue
            }
            seen[number].add(value)
        }
    }
}
