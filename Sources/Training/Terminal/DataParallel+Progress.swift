import Cluster
import DataParallel
import Datasets

extension SharedDataset {
    /// Reads `source` as `init` does and reports progress; collective.
    static func load(
        _ source: DatasetSource, on cluster: Cluster, _ progress: ProgressLine
    ) throws -> SharedDataset {
        try progress.during("loading \(source.name)") { try SharedDataset(source, on: cluster) }
    }
}

extension Evaluator {
    /// Loss and metrics over all examples, with progress under the data's name; collective, the same on all ranks.
    ///
    /// - Parameter predictions: Called on rank 0 with every batch's predictions, in order.
    func totals(of data: String, _ progress: ProgressLine, predictions: PredictionRows? = nil) throws
        -> Totals
    {
        try telling("evaluating \(data)", progress) { try totals(predictions: predictions) }
    }

    /// Calls `body` on rank 0 with every batch's predictions, in order; collective.
    func predictions(of data: String, _ progress: ProgressLine, _ body: PredictionRows) throws {
        try telling("predicting \(data)", progress) { try predictions(body) }
    }

    private func telling<T>(_ what: String, _ progress: ProgressLine, _ work: () throws -> T) rethrows -> T {
        let counted = CountedWork(what, "batch", on: progress)
        onBatch = { counted.advance($0, of: $1) }
        defer {
            onBatch = { _, _ in }
            counted.end()
        }
        return try work()
    }
}
