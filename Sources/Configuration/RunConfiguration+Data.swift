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
        for (key, source) in sets {
            try source.requireFiles(key, needsLabels: source.hasLabels) { movable.contains($0) }
        }
    }

    /// Throws for the first file of one data set that does not exist.
    package func requireFiles(
        of source: DatasetSource, _ key: String, needsLabels: Bool
    ) throws(MissingDataError) {
        try source.requireFiles(key, needsLabels: needsLabels) { movable.contains($0) }
    }

    /// Runs `body`; adds to errors of the model the line of the configuration, and to errors of data the key.
    ///
    /// - Parameter given: The data that `--data` gave instead, if it did.
    package func located<T>(given: DatasetSource? = nil, _ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as ModelError {
            throw configurationError(error)
        } catch let error as DataError {
            throw completed(error, given: given)
        }
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
