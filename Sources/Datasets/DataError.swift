import Messages

/// Why a data set cannot be used: one problem of one file and what to do about it, in one line.
public struct DataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sort of problem, for code that decides by it.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is no file at the path.
        case missing
        /// The file cannot be opened or read, or is no regular file.
        case unreadable
        /// The first bytes are those of another format.
        case magic
        /// The header breaks its format's rules.
        case header
        /// The file is well formed, but its type, order or shape is deliberately not supported.
        case unsupported
        /// The header and the bytes that follow it disagree on the size.
        case size
        /// The compressed stream is damaged.
        case gzip
        /// Two parts do not fit each other (features and labels, data and normalization, file and
        /// inspection).
        case mismatch
        /// A label is outside its classes.
        case label
        /// A feature or target is NaN, infinite or beyond Float32.
        case notFinite
        /// There is nothing to train on or to hold out.
        case empty
        /// There is not enough memory for the data set.
        case memory
        /// A field of a text file is missing, of another type, or superfluous.
        case field
    }

    /// Columns of a table that nothing was said about.
    package struct ExtraColumns: Sendable, Hashable {
        package let names: [String]
        /// How to leave them out, in the words of the advice.
        let way: String
    }

    /// The sort of problem, on which code may decide.
    public let kind: Kind
    /// The file, or the name of data given in memory.
    public let path: String
    /// The line and column of a text file, as "17:5"; nil for other files.
    public let place: String?
    /// What is wrong, in words.
    public let problem: String
    /// What should have been there.
    public let expected: String
    /// What was there.
    public let found: String
    /// What to do about it.
    public let advice: String
    /// The superfluous columns, if they are the problem.
    package let extraColumns: ExtraColumns?
    /// The setting that is to blame, such as "label" for one of the data set, or "data.validation.fraction"; nil for the
    /// file itself.
    package let setting: String?

    /// An error about a file, "expected …, found …", with advice.
    public init(_ kind: Kind, path: String, expected: String, found: String, advice: String) {
        self.init(kind, path: path, place: nil, expected: expected, found: found, advice: advice)
    }

    /// An error whose problem is "expected …, found …" unless `problem` is given.
    init(
        _ kind: Kind, path: String, place: String? = nil, expected: String, found: String, advice: String,
        problem: String? = nil, extraColumns: ExtraColumns? = nil, setting: String? = nil
    ) {
        self.kind = kind
        self.path = path
        self.place = place
        self.expected = expected
        self.found = found
        self.advice = advice
        self.extraColumns = extraColumns
        self.setting = setting
        self.problem = problem ?? "expected \(expected), found \(found)"
    }

    /// The problem, the path and the advice, always in one line; for a place in a text file as "data.csv:17:5: expected
    /// a number, found \"abc\", …".
    public var description: String {
        guard let place else { return Self.oneLine("\(problem), \(path), \(advice)") }
        return Self.oneLine("\(path):\(place): \(problem), \(advice)")
    }

    /// The same error with other words for how to leave out superfluous columns, for callers that know where the data
    /// set is named.
    package func leavingOut(with way: String) -> DataError {
        guard let extraColumns else { return self }
        return DataError(
            kind, path: path, place: place, expected: expected, found: found,
            advice: advice.replacing(extraColumns.way, with: way), problem: problem)
    }

    /// The same error about a setting.
    func about(_ setting: String) -> DataError {
        DataError(
            kind, path: path, place: place, expected: expected, found: found, advice: advice,
            problem: problem,
            extraColumns: extraColumns, setting: setting)
    }

    /// A piece of a file's text, cut to a readable length.
    static func shortened(_ text: String) -> String {
        let cut = text.unicodeScalars.prefix(40)
        let rest = cut.endIndex == text.unicodeScalars.endIndex ? "" : "..."
        return String(String.UnicodeScalarView(cut)) + rest
    }

    /// A file whose size differs from what its header promises; `found` is a number of bytes or a phrase.
    static func size(path: String, promised: Int, found: String) -> DataError {
        DataError(
            .size, path: path, expected: counted(promised, "byte"), found: found,
            advice: "the file is cut off, damaged or of another format: fetch it again",
            problem: "header says \(counted(promised, "byte")), file has \(found)")
    }

    /// The text with every control character replaced by a question mark.
    private static func oneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let control = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            let separator = scalar.value == 0x2028 || scalar.value == 0x2029
            line.append(control || separator ? "?" : scalar)
        }
        return String(line)
    }
}
