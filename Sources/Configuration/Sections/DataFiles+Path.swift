import Datasets
import Foundation
import Messages

/// Data that is named by nothing but a path, as in `--data new.csv`.
extension DataFiles {
    /// Reads what `--data` gives: the path of a file or of a folder, or a data set as `init(yaml:)` has it.
    ///
    /// A path has the options of the run's own data: the label, the task, the columns to ignore. A folder holds files of
    /// the same names as the run's.
    ///
    /// - Parameters:
    ///   - text: What was given.
    ///   - own: The run's test set, or its training set where there is none.
    ///   - names: The data sets that have names, for a word that is no path.
    ///   - needsLabels: Whether data without labels is an error.
    package init(
        given text: String, like own: DataFiles, names: [String],
        currentFolder: String = FileManager.default.currentDirectoryPath, needsLabels: Bool
    ) throws {
        let flag = SourceLocation.Source.flag("--data")
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
        case .mapping: try self.init(yaml: text, currentFolder: currentFolder, needsLabels: needsLabels)
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

    private static let example = "{format: npy, features: FILE, labels: FILE}"

    /// Files of one kind with the options of the run's own.
    private static func files(
        _ files: [String], like own: DataFiles, _ needsLabels: Bool
    ) throws(ConfigurationError) -> DataFiles {
        let kind = kind(of: files[0], like: own)
        func error(_ problem: String, _ advice: String) -> ConfigurationError {
            ConfigurationError(
                .missing, at: SourceLocation(.flag("--data")), key: "", problem, advice: advice)
        }
        let list = files.count == 1 ? files[0] : "[\(files.joined(separator: ", "))]"
        switch kind {
        case .csv:
            var table = own.table ?? CSVOptions(label: [])
            let isTab = ending(of: files[0]) == "tsv"
            if isTab
                || table.delimiter == UInt8(ascii: "\t")
                    && own.features.allSatisfy({ ending(of: $0) == "tsv" })
            {
                table.delimiter = UInt8(ascii: isTab ? "\t" : ",")
            }
            if needsLabels, table.label.isEmpty {
                throw error(
                    "the run's own data names no column of labels for \(files[0])",
                    "give --data '{format: csv, files: \(list), label: COLUMN}'")
            }
            return DataFiles(
                format: .csv, features: files, classes: own.table == nil ? nil : own.classes, table: table)
        case .cifar10: return DataFiles(format: .cifar10, features: files)
        case .idx, .npy:
            if needsLabels {
                throw error(
                    "\(files[0]) has no labels, which stand in a file of their own",
                    "give --data '{format: \(kind.rawValue), features: \(list), labels: FILE}'")
            }
            return DataFiles(format: kind, features: files)
        }
    }

    /// The run's own files in another folder.
    private static func folder(
        _ folder: String, like own: DataFiles, _ needsLabels: Bool
    ) throws -> DataFiles {
        func there(_ path: String) -> String { "\(folder)/\(name(of: path))" }
        let files = DataFiles(
            format: own.format, features: own.features.map(there), labels: own.labels.map(there),
            classes: own.classes, table: own.table, task: own.task)
        do { try files.requireFiles("--data", needsLabels: needsLabels) } catch {
            throw ConfigurationError(
                .missing, at: SourceLocation(.flag("--data")), key: "",
                "\(folder) is a folder without \(name(of: error.path)), which the run's own data has",
                advice:
                    "name the files: \(own.format.hasLabelFiles ? example : "{format: csv, files: FILE, label: COLUMN}")"
            )
        }
        return files
    }

    /// The format of a file: by its name, else that of the run's own data.
    private static func kind(of file: String, like own: DataFiles) -> DatasetSource.Format {
        switch ending(of: file) {
        case "csv", "tsv", "txt": .csv
        case "npy": .npy
        case "idx", "ubyte": .idx
        default: own.format
        }
    }

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// What stands behind the last point of a name, but for compression: "csv" of "new.CSV.gz", "ubyte" of
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
