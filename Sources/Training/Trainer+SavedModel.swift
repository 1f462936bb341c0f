import Cluster
import DataParallel
import Datasets
import FixedTree
import Graph
import Layers

/// Evaluation of saved weights, and predictions with them.
extension Trainer {
    /// The loss and the metrics of saved weights; collective over the cluster.
    ///
    ///     let result = try Trainer.evaluate(MyNet(), weights: "runs/mine", data: test, on: cluster)
    ///
    /// - Parameters:
    ///   - model: The model that was trained.
    ///   - weights: A run's folder, or a safetensors file with the run's normalization.json beside it.
    ///   - data: The data set, with labels.
    ///   - loss: The loss; nil for the run's own.
    ///   - metrics: The metrics beside it; nil for the run's own, or else the standard ones of the labels.
    ///   - batch: The examples of a mini-batch; nil for the run's own.
    ///   - shards: The shards of a mini-batch, at least the number of ranks; nil for the run's own.
    ///   - workers: Worker threads of each rank; nil for its share of the node's cores.
    ///   - precision: How activations are stored; nil for the run's own.
    public static func evaluate(
        _ model: any Model, weights: String, data: DatasetSource, loss: Loss? = nil,
        metrics: [Metric]? = nil, batch: Int? = nil, shards: Int? = nil, workers: Int? = nil,
        precision: Precision? = nil, on cluster: Cluster
    ) throws -> EvaluationResult {
        try worded(cluster) {
            let saved = try Self.saved(
                model, weights, data, loss, metrics, batch, shards, workers, precision, predicts: false,
                on: cluster)
            return EvaluationResult(try saved.totals(), classNames: saved.classNames)
        }
    }

    /// Calls `body` on rank 0 with saved weights' prediction for each example, in the order of the data set; collective
    /// over the cluster. The data need no labels.
    ///
    ///     try Trainer.predict(MyNet(), weights: "runs/mine", data: new, on: cluster) { print($0.outputs) }
    ///
    /// - Parameters: The same as those of `evaluate`.
    public static func predict(
        _ model: any Model, weights: String, data: DatasetSource, loss: Loss? = nil, batch: Int? = nil,
        shards: Int? = nil, workers: Int? = nil, precision: Precision? = nil, on cluster: Cluster,
        _ body: (Prediction) throws -> Void
    ) throws {
        let saved = try worded(cluster) {
            try Self.saved(
                model, weights, data.withoutLabels, loss, nil, batch, shards, workers, precision,
                predicts: true, on: cluster)
        }
        try saved.predictions { (prediction: Prediction) in try body(prediction) }
    }

    private static func saved(
        _ model: any Model, _ weights: String, _ data: DatasetSource, _ loss: Loss?, _ metrics: [Metric]?,
        _ batch: Int?, _ shards: Int?, _ workers: Int?, _ precision: Precision?, predicts: Bool,
        on cluster: Cluster
    ) throws -> SavedModel {
        let run = try Agreement.fromRoot(cluster.world) {
            let file = try SavedWeights(weights).file(RunFolder.descriptionName)
            return [try RunDescription(folder: PathParts.folder(of: file))]
        }[0]
        guard let loss = loss ?? run?.loss else {
            throw TrainingError(
                .configuration,
                "\(weights) does not say what its training minimized, since no \(RunFolder.descriptionName) is beside the weights: give loss"
            )
        }
        if let batch, batch < 1 {
            throw TrainingError(.configuration, "batch must be at least 1, is \(batch)")
        }
        if let conflict = SettingsConflict(metrics: metrics ?? []) {
            throw TrainingError(.configuration, conflict.text)
        }
        let given = shards ?? run?.shards
        let size = batch ?? run?.batch ?? max(standardBatch, 32 * (given ?? 1))
        return try SavedModel(
            weights: weights, source: data, loss: loss,
            metrics: metrics ?? run?.metrics.map { $0.compactMap(Metric.init(name:)) },
            batch: size, shards: given ?? ShardBounds.standardCount(batch: size), workers: workers,
            precision: precision ?? run?.precision ?? .float32, predicts: predicts, on: cluster
        ) { _ in model }
    }

    /// The examples of a mini-batch if neither the program nor the run gives them.
    private static let standardBatch = 1024
}
