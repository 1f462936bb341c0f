import Datasets
import Foundation

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
    package internal(set) var table: CSVOptions?
    /// What labels in files of their own are; nil where that is not given, and for other formats.
    package let task: LabelTask?

    /// Those of the files that another data.root would move.
    private let movable: MovablePaths

    /// The data set for a reader.
    package var source: DatasetSource {
        switch format {
        case .idx, .npy:
            DatasetSource(format: format, features: features, labels: labels, classCount: classes, task: task)
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
        try self.init(setting, Places(paths: paths, own: []), needsLabels: needsLabels)
    }

    /// How the paths of a configuration's data become absolute.
    struct Places {
        /// How each of them does.
        let paths: FilePaths
        /// Those in the configuration's own text, as they were written.
        let own: [String]
    }

    /// A data set of its parts.
    init(
        format: DatasetSource.Format, features: [String], labels: [String] = [], classes: Int? = nil,
        table: CSVOptions? = nil, task: LabelTask? = nil
    ) {
        (self.format, self.features, self.labels) = (format, features, labels)
        (self.classes, self.table, self.task, movable) = (classes, table, task, MovablePaths())
    }

    /// Throws the first file that is not there; reads none.
    ///
    /// - Parameters:
    ///   - key: What names the data set, "data.test" or "--data".
    ///   - needsLabels: Whether labels' files count.
    package func requireFiles(_ key: String, needsLabels: Bool = true) throws(MissingDataError) {
        for (part, path) in paths
        where (needsLabels || !part.hasPrefix("labels")) && !FileManager.default.fileExists(atPath: path) {
            throw MissingDataError(path: path, key: "\(key).\(part)", isMovable: movable.contains(path))
        }
    }

    /// Reads {format, features, labels, classes}, or {format, files} with a table's options.
    init(_ setting: Setting, _ places: Places, needsLabels: Bool) throws(ConfigurationError) {
        let all = try SettingMap(setting, keys: Self.keys, "the files of a data set")
        let names = DatasetSource.Format.allCases.map(\.rawValue).joined(separator: " or ")
        let format: DatasetSource.Format = try all.required("format", names).choice("format")
        self.format = format
        movable = Self.movable(all, places)
        let map = try SettingMap(
            setting, keys: ["format"] + Self.keys(of: format), noun: "key of \(format.rawValue) data")
        guard format.hasLabelFiles else {
            features = try Self.files(map.required("files", Self.expected), places.paths)
            labels = []
            classes = format == .csv ? try map.optional("classes")?.whole(in: 1...1_000_000) : nil
            table = format == .csv ? try Self.table(map, needsLabels: needsLabels) : nil
            task = nil
            return
        }
        table = nil
        task = try map["task"]?.choice("task")
        features = try Self.files(map.required("features", Self.expected), places.paths)
        guard let labels = map.optional("labels") else {
            if needsLabels { throw map.missing("labels", Self.expected) }
            self.labels = []
            classes = nil
            return
        }
        self.labels = try Self.files(labels, places.paths)
        classes = try map.optional("classes")?.whole(in: 1...1_000_000)
        if task == .regression, let classes = map.optional("classes") {
            throw classes.error(.conflict, "must be left out beside task: regression")
        }
    }

    /// The files with a table's labels as `task` says, unless that is given.
    func settled(_ task: LabelTask) -> DataFiles {
        guard let table, table.task == nil else { return self }
        var files = self
        files.table?.task = task
        return files
    }

    /// All keys of the section.
    static let keys =
        ["format"] + keys(of: .idx) + ["files", "label", "header", "delimiter", "ignore"]

    /// The keys that name files.
    static let pathKeys = ["features", "labels", "files"]

    /// The paths that another data.root would move.
    private static func movable(_ map: SettingMap, _ places: Places) -> MovablePaths {
        var movable = MovablePaths()
        for setting in pathKeys.compactMap({ map.optional($0) }) {
            var nodes = [setting.node]
            if case .sequence(let elements) = setting.node.content { nodes = elements }
            for node in nodes {
                let source = node.location.source
                guard let word = node.word.map(FilePaths.withHome),
                    places.paths.isMovable(word, writtenIn: source, files: places.own)
                else { continue }
                movable.insert(places.paths.absolute(word, writtenIn: source))
            }
        }
        return movable
    }

    private static let expected = "the path of a file, or a list of them"

    private static func keys(of format: DatasetSource.Format) -> [String] {
        switch format {
        case .idx, .npy: ["features", "labels", "classes", "task"]
        case .csv: ["files", "label", "task", "header", "delimiter", "ignore", "classes"]
        case .cifar10: ["files"]
        }
    }

    private static func files(_ setting: Setting, _ paths: FilePaths) throws(ConfigurationError) -> [String] {
        guard case .sequence = setting.node.content else {
            return [paths.absolute(try setting.path(expected), writtenIn: setting.node.location.source)]
        }
        var files: [String] = []
        for element in try setting.list(expected) {
            files.append(
                paths.absolute(
                    try element.path("the path of a file"), writtenIn: element.node.location.source))
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
        if let task { pairs.append((key: "task", value: task.rawValue)) }
        if let classes { pairs.append((key: "classes", value: "\(classes)")) }
        return YAMLWriter.flow(pairs)
    }
}
