/// Finds columns of a table that may hold distinct numbers that Float32 merges, with a quick look at each field:
/// decimals of at most six digits are never merged, so short fields cost nothing.
struct NumberScreen {
    /// The range of a column's numbers that have more than six digits.
    struct Seen {
        private var least = Float.infinity
        private var most = -Float.infinity

        mutating func add(_ value: Float) {
            if value < least { least = value }
            if value > most { most = value }
        }

        /// Whether Float32 may merge whole numbers here, or resolves the column's spread less finely than
        /// `MergedNumbers` asks. The column's other numbers can only make the spread wider.
        var isSuspect: Bool {
            let magnitude = max(least.magnitude, most.magnitude)
            return least <= most
                && (isLarge
                    || Double(magnitude.ulp) > MergedNumbers.resolution * (Double(most) - Double(least)))
        }

        /// Whether Float32's steps may be wider than 1 here; then the column is suspect in any case.
        var isLarge: Bool { least <= most && max(least.magnitude, most.magnitude) >= 0x1p24 }
    }

    private let featureCount: Int
    private var seen: [Seen]

    /// A screen of the features and targets of some columns; a skipped one looks at nothing.
    init(_ columns: CSVColumns, isSkipped: Bool) {
        featureCount = columns.featureCount
        let numbers = columns.roles.count { if case .target = $0 { true } else { false } } + featureCount
        seen = isSkipped ? [] : Array(repeating: Seen(), count: numbers)
    }

    /// The numbers, as `number(of:)` counts them, of columns that may hold merged numbers.
    var suspects: [Int] { seen.indices.filter { seen[$0].isSuspect } }

    /// The number of a column, features first and then targets; nil for columns that hold no numbers.
    func number(of role: CSVColumns.Role) -> Int? {
        switch role {
        case .feature(let feature): feature
        case .target(let target): featureCount + target
        case .label, .ignored: nil
        }
    }

    /// Looks at the tokenizer's row. Fields that are not numbers are left for `load` to report.
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
