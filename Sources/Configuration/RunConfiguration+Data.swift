import Datasets
import Layers
import Training

extension RunConfiguration {
    /// The data sets with files of their own, by their keys; not a validation set that is a part of the training set.
    private var sets: [(key: String, source: DatasetSource)] {
        var sets = [("data.train", settings.data.training)]
        if case .files(let files) = settings.data.validation { sets.append(("data.validation", files)) }
        if let test = settings.data.test { sets.append(("data.test", test)) }
        return sets
    }

    /// Throws for the first data file that does not exist, in the order of train, validation and test; reads no file.
    package func requireFiles() throws(MissingDataError) {
        for (key, source) in sets { try requireFiles(of: source, key, needsLabels: source.hasLabels) }
    }

    /// Throws for the first file of one data set that does not exist.
    package func requireFiles(
        of source: DatasetSource, _ key: String, needsLabels: Bool
    ) throws(MissingDataError) {
        do throws(MissingDataError) {
            try source.requireFiles(key, needsLabels: needsLabels) { movable.contains($0) }
        } catch {
            throw MissingDataError(
                path: error.path, key: error.key, isMovable: error.isMovable,
                location: whole.part(error.key).place)
        }
    }

    /// Runs `body`; adds to its errors the line of the configuration where their cause was written.
    ///
    /// - Parameter given: The data that `--data` gave instead, if it did.
    package func located<T>(given: DatasetSource? = nil, _ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as ModelError {
            throw configurationError(error)
        } catch let error as DataError {
            let error = completed(error, given: given)
            guard let key = key(of: error, given: given) else { throw error }
            throw located(error, key)
        } catch {
            guard let key = key(of: error, given: given) else { throw error }
            throw located(error, key)
        }
    }

    private func located(_ error: any Error, _ key: String) -> LocatedError {
        LocatedError(location: whole.part(key).place, key: key, error: error)
    }

    /// The setting that an error is about; nil where none is to blame, or the command line named the file.
    private func key(of error: any Error, given: DatasetSource?) -> String? {
        if let error = error as? DataError {
            guard let setting = error.setting else { return key(ofFile: error.path, given: given) }
            if setting.contains(".") { return setting }
            return key(ofFile: error.path, given: given).map { file in
                let set = file.split(separator: ".").prefix(2).joined(separator: ".")
                return "\(set).\(setting)"
            }
        }
        switch TrainingError.Subject(of: error, in: settings) {
        case .setting(let key): return key
        case .file(let name): return key(ofFile: name, given: given)
        case nil: return nil
        }
    }

    /// The setting that names a data file, such as "data.train.features"; nil for files from elsewhere.
    ///
    /// - Parameter name: The path, or the name of several files, which begins with the first one's path.
    private func key(ofFile name: String, given: DatasetSource?) -> String? {
        func names(_ path: String) -> Bool { name == path || name.hasPrefix("\(path) and ") }
        if let given, given.paths.contains(where: { names($0.path) }) { return nil }
        for (key, source) in sets {
            if let found = source.paths.first(where: { names($0.path) }) { return "\(key).\(found.key)" }
            if source.name == name { return key }
        }
        return nil
    }

    /// The error of a data set, with the setting that leaves columns out, if that is the problem.
    ///
    /// - Parameter given: The data that `--data` gave instead, if it did.
    package func completed(_ error: DataError, given: DatasetSource? = nil) -> DataError {
        guard let columns = error.extraColumns, columns.names.count <= 20 else { return error }
        for (key, source) in [(nil, given)] + sets.map({ (Optional($0.key), Optional($0.source)) }) {
            guard let source, source.features.contains(where: { $0.name == error.path }) else { continue }
            return error.leavingOut(with: source.wayToIgnore(columns.names, key: key))
        }
        return error
    }
}
