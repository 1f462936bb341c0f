import Messages

/// Reads a header's JSON: exactly the format's grammar, nothing of JSON beyond it.
///
///     header := { "name": tensor | "__metadata__": { "key": "value", ... }, ... } spaces
///     tensor := { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] }     (in any order)
///
/// Since nothing nests deeper than this, the parser does not recurse and deep input cannot exhaust a stack.
/// Numbers are plain decimal integers; a fraction, an exponent, a sign or a leading zero is an error.
struct HeaderParser {
    /// The most members of an object. A header of the greatest length could hold millions, which would take long to
    /// read.
    static let mostMembers = 1 << 18

    private var scanner: JSONScanner
    private let path: String

    /// A parser of the header's bytes, which exclude the length before them.
    init(_ bytes: ArraySlice<UInt8>, path: String) {
        scanner = JSONScanner(bytes, path: path)
        self.path = path
    }

    /// The entries in the header's order, not yet checked against each other or the data, and the metadata.
    mutating func parse() throws(SafetensorsError) -> (entries: [TensorEntry], metadata: [String: String]) {
        // The format wants the brace at the very start, so that files of other formats are not taken for this one.
        guard scanner.peek == UInt8(ascii: "{") else { throw scanner.unexpected("\"{\" at the start") }
        var entries: [TensorEntry] = []
        var metadata: [String: String]?
        // Duplicates are found in a Set, which also takes canonically equivalent spellings for one name, as == does.
        var names: Set<String> = []
        try object { parser, name throws(SafetensorsError) in
            guard names.insert(name).inserted else { throw parser.duplicate(name) }
            if name == TensorName.metadata {
                metadata = try parser.strings()
                return
            }
            if let problem = TensorName.problem(name) {
                throw SafetensorsError(
                    .unusableName, path: parser.path, expected: "a name like \"0.weight\"", found: problem)
            }
            entries.append(try parser.tensor(name))
        }
        try scanner.padding()
        return (entries, metadata ?? [:])
    }

    /// Parses an object, calling `member` after each key and its colon.
    private mutating func object(
        _ member: (inout HeaderParser, String) throws(SafetensorsError) -> Void
    ) throws(SafetensorsError) {
        try scanner.expect("{")
        if scanner.accept("}") { return }
        var count = 0
        repeat {
            count += 1
            guard count <= Self.mostMembers else {
                throw SafetensorsError(
                    .tooManyNames, path: path, expected: "at most \(Self.mostMembers) names in an object",
                    found: "more")
            }
            let key = try scanner.string()
            try scanner.expect(":")
            try member(&self, key)
        } while scanner.accept(",")
        try scanner.expect("}")
    }

    private mutating func strings() throws(SafetensorsError) -> [String: String] {
        var strings: [String: String] = [:]
        try object { parser, key throws(SafetensorsError) in
            guard strings.updateValue(try parser.scanner.string(), forKey: key) == nil else {
                throw parser.duplicate(key)
            }
        }
        return strings
    }

    private mutating func tensor(_ name: String) throws(SafetensorsError) -> TensorEntry {
        var type: SafetensorsType?
        var shape: [Int]?
        var offsets: [Int]?
        try object { parser, key throws(SafetensorsError) in
            switch key {
            case "dtype":
                guard type == nil else { throw parser.duplicate(key) }
                type = try parser.elementType(of: name)
            case "shape":
                guard shape == nil else { throw parser.duplicate(key) }
                shape = try parser.numbers(atMost: TensorEntry.largestRank, else: .overflow)
            case "data_offsets":
                guard offsets == nil else { throw parser.duplicate(key) }
                offsets = try parser.numbers(atMost: 2, else: .offsets)
            default:
                throw SafetensorsError(
                    .malformedHeader, path: parser.path, expected: "dtype, shape or data_offsets",
                    found: SafetensorsError.quoted(key))
            }
        }
        guard let type, let shape, let offsets else {
            throw SafetensorsError(
                .malformedHeader, path: path,
                expected: "dtype, shape and data_offsets for \(SafetensorsError.quoted(name))",
                found: "no \(type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets")")
        }
        return try checked(name: name, type: type, shape: shape, offsets: offsets)
    }

    private func checked(
        name: String, type: SafetensorsType, shape: [Int], offsets: [Int]
    ) throws(SafetensorsError) -> TensorEntry {
        let quoted = SafetensorsError.quoted(name)
        guard let bytes = TensorEntry.byteCount(shape: shape, type: type) else {
            throw SafetensorsError(
                .overflow, path: path, expected: "a shape of fewer than 2^63 bytes for \(quoted)",
                found: "\(shape) of \(type.rawValue)")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] - offsets[0] == bytes else {
            throw SafetensorsError(
                .offsets, path: path,
                expected:
                    "offsets of \(quoted) that span \(counted(bytes, "byte")), \(shape) of \(type.rawValue)",
                found: "\(offsets)")
        }
        return TensorEntry(name: name, type: type, shape: shape, offsets: offsets[0]..<offsets[1])
    }

    private mutating func elementType(of tensor: String) throws(SafetensorsError) -> SafetensorsType {
        let name = try scanner.string()
        if let type = SafetensorsType(rawValue: name) { return type }
        throw SafetensorsError(
            .unknownType, path: path,
            expected: "one of \(SafetensorsType.allCases.map(\.rawValue).joined(separator: ", "))",
            found: "\(SafetensorsError.quoted(name)) for \(SafetensorsError.quoted(tensor))")
    }

    private mutating func numbers(
        atMost limit: Int, else reason: SafetensorsError.Reason
    ) throws(SafetensorsError) -> [Int] {
        try scanner.expect("[")
        var numbers: [Int] = []
        if scanner.accept("]") { return numbers }
        repeat {
            guard numbers.count < limit else {
                throw SafetensorsError(
                    reason, path: path, expected: "at most \(limit) numbers in a list", found: "more")
            }
            numbers.append(try scanner.number())
        } while scanner.accept(",")
        try scanner.expect("]")
        return numbers
    }

    private func duplicate(_ name: String) -> SafetensorsError {
        SafetensorsError(
            .duplicateName, path: path, expected: "every name once",
            found: "\(SafetensorsError.quoted(name)) twice")
    }
}
