import Datasets
import Messages

/// The options of CSV files.
extension DataFiles {
    private static let columnExpected = "a column's name, or its number from 0"

    /// Reads {label, task, header, delimiter, ignore}.
    static func table(_ map: SettingMap, needsLabels: Bool) throws(ConfigurationError) -> CSVOptions {
        let task: CSVOptions.Task? = try map["task"]?.choice("task")
        let hasHeader = try map["header"]?.flag() ?? true
        let delimiter = try map["delimiter"].map(delimiter) ?? UInt8(ascii: ",")
        let ignored = try map.optional("ignore").map { setting throws(ConfigurationError) in
            try columns(setting, hasHeader: hasHeader)
        }
        guard let setting = map.optional("label") else {
            if needsLabels { throw map.missing("label", columnExpected) }
            return CSVOptions(
                label: [], task: task, hasHeader: hasHeader, delimiter: delimiter, ignored: ignored ?? [])
        }
        let label = try columns(setting, hasHeader: hasHeader)
        guard !label.isEmpty else { throw setting.error(.outOfRange, "must name at least one column") }
        guard label.count == 1 || task == .regression else {
            throw setting.error(
                .conflict, "must be one column of classes",
                advice: "set task: regression to predict several numbers")
        }
        if task == .regression, let classes = map.optional("classes") {
            throw classes.error(.conflict, "must be left out beside task: regression")
        }
        return CSVOptions(
            label: label, task: task, hasHeader: hasHeader, delimiter: delimiter, ignored: ignored ?? [])
    }

    /// The options as YAML, each with its value, given or default; no task where the model will decide.
    static func yaml(_ table: CSVOptions) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        if !table.label.isEmpty {
            let text = table.label.map(yaml)
            pairs.append(("label", text.count == 1 ? text[0] : "[\(text.joined(separator: ", "))]"))
        }
        if let task = table.task { pairs.append(("task", task.rawValue)) }
        pairs.append(("header", "\(table.hasHeader)"))
        pairs.append(("delimiter", YAMLWriter.string(String(UnicodeScalar(table.delimiter)))))
        if !table.ignored.isEmpty {
            pairs.append(("ignore", "[\(table.ignored.map(yaml).joined(separator: ", "))]"))
        }
        return pairs
    }

    /// What leaves out columns of these names: of a data set in the configuration `--set KEY.ignore=...`, of one that `--data`
    /// gives the whole of it.
    ///
    /// - Parameter key: What names the data set in the configuration, "data.test"; nil for `--data`.
    func wayToIgnore(_ names: [String], key: String?) -> String {
        guard var table else { return "ignore" }
        table.ignored += names.map(CSVOptions.Column.name).filter { !table.ignored.contains($0) }
        guard let key else {
            var files = self
            files.table = table
            return "--data \(ShellWord.quoted(files.yaml))"
        }
        let columns = table.ignored.map(Self.yaml).joined(separator: ", ")
        return "--set \(ShellWord.quoted("\(key).ignore=[\(columns)]"))"
    }

    private static func yaml(_ column: CSVOptions.Column) -> String {
        switch column {
        case .name(let name): YAMLWriter.string(name)
        case .index(let index): "\(index)"
        }
    }

    /// A column or a list of them.
    private static func columns(
        _ setting: Setting, hasHeader: Bool
    ) throws(ConfigurationError) -> [CSVOptions.Column] {
        guard case .sequence = setting.node.content else {
            return [try column(setting, hasHeader: hasHeader)]
        }
        var columns: [CSVOptions.Column] = []
        for element in try setting.list(columnExpected) {
            let column = try column(element, hasHeader: hasHeader)
            guard !columns.contains(column) else { throw element.error(.duplicateKey, "named twice") }
            columns.append(column)
        }
        return columns
    }

    private static func column(
        _ setting: Setting, hasHeader: Bool
    ) throws(ConfigurationError) -> CSVOptions.Column {
        if let text = setting.plainText, PlainNumber.isLike(text) {
            return .index(try setting.whole(in: 0...1_048_575))
        }
        let name = try setting.text(columnExpected)
        guard hasHeader else {
            throw setting.error(
                .conflict, "must be a column's number from 0 beside header: false",
                advice: "names need a header")
        }
        return .name(name)
    }

    private static func delimiter(_ setting: Setting) throws(ConfigurationError) -> UInt8 {
        let allowed =
            "one character such as \",\", \";\", \"|\" or \"\\t\", no digit, letter, sign, point or space"
        let bytes = Array(try setting.text(allowed).utf8)
        guard bytes.count == 1, let byte = bytes.first else { throw setting.outOfRange(allowed) }
        let scalar = UnicodeScalar(byte)
        let isFree =
            byte == UInt8(ascii: "\t")
            || (0x21...0x7e).contains(byte) && !scalar.properties.isAlphabetic
                && !("0"..."9").contains(scalar)
                && !"\"'+-._".unicodeScalars.contains(scalar)
        guard isFree else { throw setting.outOfRange(allowed) }
        return byte
    }
}
