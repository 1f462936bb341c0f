import Datasets

/// The files of one data set: data.train, data.test or data.validation.
package struct DataFiles: Sendable, Equatable {
    /// The format of all files.
    package let format: DatasetSource.Format
    /// The absolute paths of the features, or of whole data where labels stand beside them, in order.
    package let features: [String]
    /// The absolute paths of the labels, in order; empty where there are none, which only prediction accepts, and where
    /// they stand beside the features.
    package let labels: [String]
    /// The number of classes the labels must fit; nil for one more than the largest, or for those found in a table.
    package let classes: Int?
    /// How the columns of a table are read; nil for other formats.
    package let table: CSVOptions?

    /// The data set for a reader.
    package var source: DatasetSource {
        switch format {
        case .idx, .npy:
            DatasetSource(format: format, features: features, labels: labels, classCount: classes)
        case .csv:
            DatasetSource(csv: features, options: table ?? CSVOptions(label: []), classCount: classes)
        case .cifar10: DatasetSource(cifar10: features)
        }
    }

    /// Whether there are labels.
    package var hasLabels: Bool {
        switch format {
        case .idx, .npy: !labels.isEmpty
        case .csv: table?.label.isEmpty == false
        case .cifar10: true
        }
    }

    /// Every file with its key, "features", "labels.1" or "files.0".
    package var paths: [(key: String, path: String)] {
        func keyed(_ key: String, _ paths: [String]) -> [(key: String, path: String)] {
            paths.enumerated().map { (paths.count == 1 ? key : "\(key).\($0)", $1) }
        }
        return keyed(format.hasLabelFiles ? "features" : "files", features) + keyed("labels", labels)
    }

    /// Reads a data set that stands alone, as `--data` gives it: {format: npy, features: x.npy}.
    ///
    /// - Parameters:
    ///   - flag: The flag, for errors.
    ///   - currentFolder: The absolute folder that relative paths start from.
    ///   - needsLabels: Whether leaving out the labels is an error.
    package init(
        yaml: String, flag: String = "--data", currentFolder: String, needsLabels: Bool
    ) throws(ConfigurationError) {
        let source = SourceLocation.Source.flag(flag)
        let setting = Setting(try ConfigurationNode(yaml: yaml, source: source), path: "")
        let paths = FilePaths(source: source, currentFolder: currentFolder)
        try self.init(setting, paths: paths, needsLabels: needsLabels)
    }

    /// Reads {format, features, labels, classes}, or {format, files} with a table's options.
    init(_ setting: Setting, paths: FilePaths, needsLabels: Bool) throws(ConfigurationError) {
        let all = try SettingMap(setting, keys: Self.keys, "the files of a data set")
        let names = DatasetSource.Format.allCases.map(\.rawValue).joined(separator: " or ")
        let format: DatasetSource.Format = try all.required("format", names).choice("format")
        self.format = format
        let map = try SettingMap(
            setting, keys: ["format"] + Self.keys(of: format), noun: "key of \(format.rawValue) data")
        guard format.hasLabelFiles else {
            features = try Self.files(map.required("files", Self.expected), paths)
            labels = []
            classes = format == .csv ? try map.optional("classes")?.whole(in: 1...1_000_000) : nil
            table = format == .csv ? try Self.table(map, needsLabels: needsLabels) : nil
            return
        }
        table = nil
        features = try Self.files(map.required("features", Self.expected), paths)
        guard let labels = map.optional("labels") else {
            if needsLabels { throw map.missing("labels", Self.expected) }
            self.labels = []
            classes = nil
            return
        }
        self.labels = try Self.files(labels, paths)
        classes = try map.optional("classes")?.whole(in: 1...1_000_000)
    }

    /// All keys of the section.
    static let keys =
        ["format"] + keys(of: .idx) + ["files", "label", "task", "header", "delimiter", "ignore"]

    private static let expected = "the path of a file, or a list of them"

    private static func keys(of format: DatasetSource.Format) -> [String] {
        switch format {
        case .idx, .npy: ["features", "labels", "classes"]
        case .csv: ["files", "label", "task", "header", "delimiter", "ignore", "classes"]
        case .cifar10: ["files"]
        }
    }

    private static func files(_ setting: Setting, _ paths: FilePaths) throws(ConfigurationError) -> [String] {
        guard case .sequence = setting.node.content else {
            return [paths.absolute(try setting.path(expected))]
        }
        var files: [String] = []
        for element in try setting.list(expected) {
            files.append(paths.absolute(try element.path("the path of a file")))
        }
        guard !files.isEmpty else { throw setting.error(.outOfRange, "must name at least one file") }
        return files
    }

    /// The section as one YAML value.
    var yaml: String {
        var pairs = [(key: "format", value: YAMLWriter.string(format.rawValue))]
        func add(_ key: String, _ files: [String]) {
            if files.isEmpty { return }
            let texts = files.map(YAMLWriter.string)
            pairs.append((key, texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"))
        }
        add(format.hasLabelFiles ? "features" : "files", features)
        add("labels", labels)
        if let table { pairs += Self.yaml(table) }
        if let classes { pairs.append((key: "classes", value: "\(classes)")) }
        return YAMLWriter.flow(pairs)
    }
}
