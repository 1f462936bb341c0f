import Datasets
import Training

extension RunConfiguration {
    /// The data sets that are files of their own, by their keys; a validation set that is a part of the training set is none.
    private var sets: [(key: String, source: DatasetSource)] {
        var sets = [("data.train", settings.data.training)]
        if case .files(let files) = settings.data.validation { sets.append(("data.validation", files)) }
        if let test = settings.data.test { sets.append(("data.test", test)) }
        return sets
    }

    /// Throws the first data file that is not there, in the order of train, validation and test; reads none.
    package func requireFiles() throws(MissingDataError) {
        for (key, source) in sets {
            try source.requireFiles(key, needsLabels: source.hasLabels) { movable.contains($0) }
        }
    }

    /// Throws the first file of one data set that is not there.
    package func requireFiles(
        of source: DatasetSource, _ key: String, needsLabels: Bool
    ) throws(MissingDataError) {
        try source.requireFiles(key, needsLabels: needsLabels) { movable.contains($0) }
    }

    /// The error of a data set, with what to write where columns are to be left out.
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
