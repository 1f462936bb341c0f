import Cluster
import DataParallel
import Datasets
import Graph
import Layers

/// A model with trained weights, on all ranks; evaluates and predicts the same at any number of ranks.
package final class SavedModel {
    private let model: LoadedModel
    private let evaluator: Evaluator
    /// Whether outputs are scores of classes.
    package var hasClasses: Bool { model.inputs.classes != nil }
    /// The labels of the classes; nil for class indices.
    package var classNames: [String]? { model.inputs.classNames }
    /// The number of the model's outputs for an example.
    package let outputCount: Int
    /// How many positions of an example have outputs of their own; nil where an example has one row of outputs.
    package var positionCount: Int? { positions.isEmpty ? nil : positions.reduce(1, *) }
    private let positions: [Int]
    /// The examples that results are of; nil for all.
    private let rows: [Int32]?
    /// Whether the sign of the only output tells two classes apart: above 0 is class 1.
    package let readsSign: Bool
    /// Whether that output is a logit, whose sigmoid is the probability of class 1.
    package let hasProbability: Bool

    /// Loads weights and data; collective.
    ///
    /// - Parameters: The same as those of `LoadedModel`, and
    ///   - heldOut: Which part of the data training held out for validation, and by which seed, if results are of that part.
    ///   - metrics: The metrics beside the loss; nil for the standard ones of the targets.
    ///   - precision: How activations are stored.
    package init(
        weights: String, source: DatasetSource,
        training: (source: DatasetSource, normalization: Normalization)? = nil,
        heldOut: (fraction: Double, seed: UInt64)? = nil, loss: Loss, metrics: [Metric]? = nil, batch: Int,
        shards: Int, workers: Int?, precision: Precision,
        predicts: Bool, on cluster: Cluster,
        makeModel: (Int?) throws -> any Model
    ) throws {
        let loaded = try LoadedModel(
            weights: weights, source: source, training: training, loss: loss, shards: shards,
            workers: workers,
            predicts: predicts, on: cluster, makeModel: makeModel)
        model = loaded
        try cluster.check(precision, for: loaded.model)
        outputCount = loaded.model.outputShape.reduce(1, *)
        positions =
            loaded.model.positions.isEmpty ? loaded.inputs.labelPositions ?? [] : loaded.model.positions
        readsSign = loss.function.isBinary(
            output: loaded.model.outputShape, target: loaded.inputs.classes.map(TargetKind.classes) ?? .none)
        hasProbability = readsSign && loss.function is BinaryCrossEntropyLoss
        let layout = loaded.dataset.examples.layout
        rows = try heldOut.map { part in
            try ValidationSplit(
                layout, fraction: part.fraction, seed: part.seed, name: loaded.dataset.name
            ).validation
        }
        evaluator = try Evaluator(
            cluster: cluster, state: loaded.state,
            order: EpochOrder(inOrder: layout.count, subset: rows, batchSize: batch),
            maker: loaded.maker, shards: shards, workers: workers, predicts: predicts, metrics: metrics,
            precision: precision)
    }

    /// Evaluates the data: loss and metrics, the same on all ranks; collective.
    package func totals() throws -> Evaluator.Totals {
        try evaluator.totals(of: model.dataset.name, model.progress)
    }

    /// Calls `body` on rank 0 with rows of outputs in data-set order; collective.
    package func predictions(_ body: (_ rows: [Float]) throws -> Void) throws {
        try evaluator.predictions(of: model.dataset.name, model.progress, body)
    }

    /// Calls `body` on rank 0 with the prediction for each example, or for each of its positions that count, in the order of
    /// the data set; collective.
    package func predictions(_ body: (Prediction) throws -> Void) throws {
        var place = 0
        try predictions { (values: [Float]) in
            for start in stride(from: 0, to: values.count, by: outputCount) {
                let outputs = values[start..<start + outputCount]
                let index = rows.map { Int($0[place]) } ?? place
                if positions.isEmpty {
                    try body(Prediction(outputs, index: index, of: self))
                } else {
                    let length = model.dataset.examples.lengths.map { Int($0[index]) }
                    let rows = TracedModel.rows(
                        of: outputs, shape: model.model.outputShape, positions: positions)
                    for (position, row) in rows.prefix(length ?? rows.count).enumerated() {
                        try body(Prediction(row[...], index: index, position: position, of: self))
                    }
                }
                place += 1
            }
        }
    }
}
