import Datasets
import Foundation
import Messages
import Options
import Training

extension DatasetSource {
    /// Throws for the first file that does not exist; reads no file.
    ///
    /// - Parameters:
    ///   - key: The data set's name in messages, "data.test" or "--data".
    ///   - needsLabels: Whether files of labels must exist, too.
    ///   - isMovable: Whether another data.root would move a path.
    package func requireFiles(
        _ key: String, needsLabels: Bool = true, isMovable: (String) -> Bool = { _ in false }
    ) throws(MissingDataError) {
        for (part, path) in paths
        where (needsLabels || !part.hasPrefix("labels")) && !FileManager.default.fileExists(atPath: path) {
            throw MissingDataError(path: path, key: "\(key).\(part)", isMovable: isMovable(path))
        }
    }

    /// The setting that leaves out columns of these names: `--set KEY.ignore=...` for a data set of the configuration,
    /// the whole `--data` for one given there.
    ///
    /// - Parameter key: The data set's name in the configuration, "data.test"; nil for `--data`.
    func wayToIgnore(_ names: [String], key: String?) -> String {
        guard format == .csv else { return "ignore" }
        let ignored = csv.ignored + names.map(CSVOptions.Column.name).filter { !csv.ignored.contains($0) }
        guard let key else {
            let source = ignoring(ignored)
            let form = OptionForm.choice(ChoiceList<DatasetSource>.formats.form)
            return
                "--data \(ShellWord.quoted(YAMLWriter.flow(form.plain(source.option) { _ in nil })))"
        }
        let columns = ignored.map { column in
            switch column {
            case .name(let name): YAMLWriter.string(name)
            case .index(let index): "\(index)"
            }
        }
        return "--set \(ShellWord.quoted("\(key).ignore=[\(columns.joined(separator: ", "))]"))"
    }
}
