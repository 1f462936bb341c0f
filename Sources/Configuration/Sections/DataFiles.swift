import Datasets

/// The files of one data set: data.train, data.test or data.validation.
package struct DataFiles: Sendable, Equatable {
    /// The format of both files.
    package let format: DatasetSource.Format
    /// The absolute path of the features.
    package let features: String
    /// The absolute path of the labels; nil where there are none, which only prediction accepts.
    package let labels: String?
    /// The number of classes the labels must fit; nil for one more than the largest.
    package let classes: Int?

    /// The data set for a reader.
    package var source: DatasetSource {
        DatasetSource(format: format, features: features, labels: labels, classCount: classes)
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

    /// Reads {format, features, labels, classes}.
    init(_ setting: Setting, paths: FilePaths, needsLabels: Bool) throws(ConfigurationError) {
        let map = try SettingMap(setting, keys: Self.keys, "the files of a data set")
        let names = DatasetSource.Format.allCases.map(\.rawValue).joined(separator: " or ")
        format = try map.required("format", names).choice("format")
        features = paths.absolute(
            try map.required("features", "the path of a file").text("the path of a file"))
        guard let labels = map.optional("labels") else {
            if needsLabels { throw map.missing("labels", "the path of a file") }
            self.labels = nil
            classes = nil
            return
        }
        self.labels = paths.absolute(try labels.text("the path of a file"))
        classes = try map.optional("classes")?.whole(in: 1...1_000_000)
    }

    /// The keys of the section.
    static let keys = ["format", "features", "labels", "classes"]

    /// The section as one YAML value.
    var yaml: String {
        var pairs = [
            (key: "format", value: YAMLWriter.string(format.rawValue)),
            (key: "features", value: YAMLWriter.string(features)),
        ]
        if let labels { pairs.append((key: "labels", value: YAMLWriter.string(labels))) }
        if let classes { pairs.append((key: "classes", value: "\(classes)")) }
        return YAMLWriter.flow(pairs)
    }
}
