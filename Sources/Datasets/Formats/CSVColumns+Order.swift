import Messages

/// Columns in another order than in the first file, or in the training set, are recognized by their names; of several
/// equal names the first one here is the first one there.
extension CSVColumns {
    /// The same columns with features numbered as in `features`; unchanged if either side has no names. Throws if one
    /// of the features is missing, or there is another one.
    func ordered(like features: [String]?, in row: CSVTokenizer) throws(DataError) -> CSVColumns {
        guard let features, let names, features != featureNames else { return self }
        let places = self.roles.indices.filter { if case .feature = self.roles[$0] { true } else { false } }
        let own = Self.match(features, among: places.map { names[$0] }).map { $0.map { places[$0] } }
        var isKnown = Array(repeating: false, count: names.count)
        for place in own.compactMap(\.self) { isKnown[place] = true }
        let extra = places.filter { !isKnown[$0] }
        if let missing = own.firstIndex(of: nil) {
            throw Self.missing(
                features[missing], in: names, others: extra, of: "the training set", path: row.name)
        }
        guard extra.isEmpty else {
            throw Self.extra(
                extra, in: names, beside: "the features of the training set", problem: "none of them",
                otherwise: { "train with \($0)" }, row)
        }
        var roles = self.roles
        for (number, place) in own.enumerated() {
            if let place { roles[place] = .feature(number) }
        }
        return CSVColumns(
            roles: roles, names: names, featureNames: features, featureCount: features.count)
    }

    /// The columns of the tokenizer's row, with the roles that columns of the same names have in `first`, from the file
    /// at `path`; without a header, the roles of the same places. Ignored columns may be missing, or exist here only.
    init(
        _ row: CSVTokenizer, options: CSVOptions, like first: CSVColumns, path: String,
        takesAnyBytes: Bool
    ) throws(DataError) {
        guard let names = try Self.names(row, options, takesAnyBytes: takesAnyBytes), let known = first.names
        else {
            guard row.fields.count == first.roles.count else {
                throw DataError(
                    .mismatch, path: row.name,
                    expected: "\(counted(first.roles.count, "column")), as \(path) has",
                    found: "\(row.fields.count)", advice: "give files with the same columns")
            }
            self = first
            return
        }
        let ignored: [String] = options.ignored.compactMap {
            if case .name(let name) = $0 { name } else { nil }
        }
        let matches = Self.match(known, among: names)
        var roles = Array(repeating: Role?.none, count: names.count)
        for (place, match) in matches.enumerated() {
            if let match { roles[match] = first.roles[place] }
        }
        for place in names.indices where roles[place] == nil && ignored.contains(names[place]) {
            roles[place] = .ignored
        }
        let extra = names.indices.filter { roles[$0] == nil }
        if let missing = matches.indices.first(where: { matches[$0] == nil && first.roles[$0] != .ignored }) {
            throw Self.missing(known[missing], in: names, others: extra, of: path, path: row.name)
        }
        guard extra.isEmpty else {
            throw Self.extra(
                extra, in: names, beside: "the columns of \(path)", problem: "not there",
                otherwise: { "add \($0) to \(path)" }, row)
        }
        self.init(
            roles: roles.compactMap(\.self), names: names, featureNames: first.featureNames,
            featureCount: first.featureCount)
    }

    /// The place of each wanted name among names, nil if it is missing; each place is used once.
    private static func match(_ wanted: [String], among names: [String]) -> [Int?] {
        var places: [String: [Int]] = [:]
        for (place, name) in names.enumerated().reversed() { places[name, default: []].append(place) }
        return wanted.map { places[$0]?.popLast() }
    }

    /// The error for a column that is missing; `others` are the columns that nothing matches.
    private static func missing(
        _ name: String, in names: [String], others: [Int], of source: String, path: String
    ) -> DataError {
        let advice: String
        if let near = nearestName(to: name, among: others.map { names[$0] }) {
            advice = "if \"\(DataError.shortened(near))\" is meant, give it the same name"
        } else if names.contains(name) {
            advice = "it is named in label or ignore here, or stands once too few"
        } else {
            advice = "add the column, or check the delimiter"
        }
        return DataError(
            .mismatch, path: path,
            expected: "column \"\(DataError.shortened(name))\" of \(source)", found: list(names),
            advice: advice)
    }

    /// The error for columns that nothing was said about: they can be left out here, or are missing on the other side.
    private static func extra(
        _ places: [Int], in names: [String], beside expected: String, problem: String,
        otherwise: (_ pronoun: String) -> String, _ row: CSVTokenizer
    ) -> DataError {
        let names = places.map { names[$0] }
        let (noun, verb, pronoun) = names.count == 1 ? ("column", "is", "it") : ("columns", "are", "them")
        let columns = DataError.ExtraColumns(
            names: names, way: "ignore: [\(names.prefix(20).map(yaml).joined(separator: ", "))]")
        return row.error(
            .mismatch, field: places[0], expected: expected,
            found: "\(noun) \(list(names)), which \(verb) \(problem)",
            advice: "leave \(pronoun) out with \(columns.way), or \(otherwise(pronoun))",
            extraColumns: columns)
    }

    /// A name as a configuration writes it, in quotation marks if it might be taken for something else.
    static func yaml(_ name: String) -> String {
        func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
        let isPlain = name.utf8.allSatisfy {
            isLetter($0) || $0 == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        if isPlain, name.utf8.first.map(isLetter) == true { return name }
        return "\"\(name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
