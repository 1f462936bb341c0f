import Datasets
import Foundation
import Messages
import Options
import Training

/// The data that `--data` gives: a path, or a data set as a configuration has it.
///
/// `--data` is first tried as the path of an existing folder or file, then as YAML. A mapping is a data set as in a
/// configuration, and a list is several files of the run's own kind. A word is an error: for a missing file if it has a
/// slash or a point, else for an unknown name of a data set.
package struct GivenData {
    package let source: DatasetSource

    private init(_ source: DatasetSource) { self.source = source }

    /// Reads what `--data` gives: the path of a file or of a folder, or a data set as `init(yaml:)` has it.
    ///
    /// A file gets the options of the run's own data: the label, the task, the columns to ignore. A folder must hold
    /// files of the same names as the run's.
    ///
    /// - Parameters:
    ///   - text: The value of `--data`.
    ///   - own: The run's test set or, if it has none, its training set.
    ///   - names: The names of data sets, for a word that is not a path.
    ///   - needsLabels: Whether data without labels is an error.
    package init(
        _ text: String, like own: DatasetSource, names: [String],
        currentFolder: String = FileManager.default.currentDirectoryPath, needsLabels: Bool,
        table: SettingsTable = .standard
    ) throws {
        let flag = SourceLocation.Source.flag("--data", text)
        let paths = FilePaths(source: flag, currentFolder: currentFolder)
        var isFolder: ObjCBool = false
        let path = paths.absolute(text, writtenIn: flag)
        if !text.isEmpty, FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            self =
                isFolder.boolValue
                ? try Self.folder(path, like: own, needsLabels)
                : try Self.files([path], like: own, needsLabels)
            return
        }
        let node = try ConfigurationNode(yaml: text, source: flag)
        let setting = Setting(node, path: "")
        switch node.content {
        case .mapping:
            let reader = FormReader(kinds: table.kinds, paths: paths)
            let value = try reader.value(setting, .choice(table.vocabulary.formats.form))
            do throws(OptionError) { source = try table.vocabulary.formats.make(value) } catch {
                throw setting.configurationError(error)
            }
            if needsLabels, !source.hasLabels {
                throw setting.configurationError(SettingsTable.missingLabels(of: source))
            }
        case .sequence:
            var files: [String] = []
            for element in try setting.list("a list of files") {
                let file = paths.absolute(try element.path("the path of a file"), writtenIn: flag)
                guard FileManager.default.fileExists(atPath: file) else {
                    throw MissingDataError(path: file, key: "--data", isMovable: false)
                }
                files.append(file)
            }
            guard !files.isEmpty else { throw setting.error(.outOfRange, "must name at least one file") }
            self = try Self.files(files, like: own, needsLabels)
        case .scalar(let word, _):
            guard word.contains("/") || word.contains(".") else {
                let near = nearestName(to: word, among: names).map { "did you mean \"\($0)\"?" }
                throw setting.error(
                    .unknownName, "there is no file \(ConfigurationError.quoted(word))",
                    advice: near ?? "give \(names.joined(separator: ", ")), a file, or \(Self.example)")
            }
            throw MissingDataError(path: path, key: "--data", isMovable: false)
        }
    }

    /// A data set with a separate file of labels, as errors show it.
    private static let example = "{format: npy, features: FILE, labels: FILE}"

    /// Files of one kind, with the options of the run's own data.
    private static func files(
        _ files: [String], like own: DatasetSource, _ needsLabels: Bool
    ) throws(ConfigurationError) -> GivenData {
        let kind = kind(of: files[0], like: own)
        func error(_ problem: String, _ advice: String) -> ConfigurationError {
            ConfigurationError(
                .missing, at: SourceLocation(.flag("--data")), key: "", problem, advice: advice)
        }
        let list = files.count == 1 ? files[0] : "[\(files.joined(separator: ", "))]"
        switch kind {
        case .csv:
            var table = own.csv
            let isTab = ending(of: files[0]) == "tsv"
            if isTab
                || table.delimiter == UInt8(ascii: "\t")
                    && own.features.allSatisfy({ ending(of: $0.name) == "tsv" })
            {
                table.delimiter = UInt8(ascii: isTab ? "\t" : ",")
            }
            if needsLabels, table.label.isEmpty {
                throw error(
                    "the run's own data names no column of labels for \(files[0])",
                    "give --data '{format: csv, files: \(list), label: COLUMN}'")
            }
            return GivenData(
                DatasetSource(
                    csv: files, options: table, classCount: own.format == .csv ? own.classCount : nil))
        case .records, .text: return GivenData(own.holding(files))
        case .inline:
            throw error(
                "\(files[0]) has no ending that says its format, and the run's own data stand in its configuration",
                "give --data '{format: npy, features: \(list), labels: FILE}', or with format: csv or idx")
        case .idx, .npy:
            if needsLabels {
                throw error(
                    "\(files[0]) has no labels, which stand in a file of their own",
                    "give --data '{format: \(kind.name), features: \(list), labels: FILE}'")
            }
            return GivenData(DatasetSource(format: kind, features: files, labels: []))
        }
    }

    /// The run's own files in another folder, by their names.
    private static func folder(
        _ folder: String, like own: DatasetSource, _ needsLabels: Bool
    ) throws -> GivenData {
        guard own.format != .inline else {
            throw ConfigurationError(
                .missing, at: SourceLocation(.flag("--data")), key: "",
                "\(folder) is a folder, and the run's own data stand in its configuration, not in files",
                advice: "name the files: \(example)")
        }
        let moved = own.moved { "\(folder)/\(name(of: $0))" }
        do { try moved.requireFiles("--data", needsLabels: needsLabels) } catch {
            throw ConfigurationError(
                .missing, at: SourceLocation(.flag("--data")), key: "",
                "\(folder) is a folder without \(name(of: error.path)), which the run's own data has",
                advice:
                    "name the files: \(own.format.hasLabelFiles ? example : "{format: csv, files: FILE, label: COLUMN}")"
            )
        }
        return GivenData(moved)
    }

    /// The format of a file by its name, else that of the run's own data.
    private static func kind(of file: String, like own: DatasetSource) -> DatasetSource.Format {
        if own.format == .text { return .text }
        return switch ending(of: file) {
        case "csv", "tsv", "txt": .csv
        case "npy": .npy
        case "idx", "ubyte": .idx
        default: own.format
        }
    }

    /// The last name of a path.
    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// What follows the last point of a name without a compression's ending: "csv" for "new.CSV.gz", "ubyte" for
    /// "t10k-images-idx3-ubyte".
    private static func ending(of path: String) -> String {
        var name = name(of: path).lowercased()
        if name.hasSuffix(".gz") { name.removeLast(3) }
        if name.hasSuffix("ubyte") { return "ubyte" }
        let ending =
            name.split(separator: ".", omittingEmptySubsequences: false).last.map(String.init) ?? name
        return ending == "tab" ? "tsv" : ending
    }
}
