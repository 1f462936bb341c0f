import DataParallel
import Datasets
import Foundation
import Layers

/// A model with trained weights, on all ranks: evaluates and predicts exactly at any number of ranks.
package final class SavedModel {
    private let cluster: Cluster
    private let dataset: SharedDataset
    private let evaluator: Evaluator
    /// Whether outputs are scores of classes.
    package let hasClasses: Bool
    /// The labels that stand for the classes; nil for class indices.
    package let classNames: [String]?
    /// Numbers the model gives per example.
    package let outputCount: Int
    /// Whether the sign of the only output tells two classes apart: above 0 is class 1.
    package let readsSign: Bool
    /// Whether that output is a logit, so that its sigmoid is the probability of class 1.
    package let hasProbability: Bool

    /// Where a run's or a file's weights are.
    package static func weightsPath(_ runOrWeights: String) -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: runOrWeights, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? "\(runOrWeights)/\(RunFolder.weightsName)" : runOrWeights
    }

    /// Loads weights and data; collective.
    ///
    /// - Parameters:
    ///   - weights: A safetensors file with the run's normalization.json beside it.
    ///   - source: The data to run on.
    ///   - metrics: What is reported beside the loss; nil for what suits the targets.
    ///   - predicts: Whether labels are left out.
    package init(
        weights: String, source: DatasetSource, loss: Loss, metrics: [Metric]? = nil, batch: Int, shards: Int,
        workers: Int?, predicts: Bool,
        on cluster: Cluster, makeModel: (Int?) throws -> any Model
    ) throws {
        try cluster.check(shards: shards)
        self.cluster = cluster
        let inputs = try InputDescription.beside(weights: weights, on: cluster)
        let dataset = try SharedDataset(
            source.following(classes: inputs.classes, names: inputs.classNames), on: cluster)
        cluster.activity.enter(.preparing)
        self.dataset = dataset
        let layout = dataset.examples.layout
        try inputs.check(layout, name: dataset.name, trainedOn: "the model's training set")
        let kind: TargetKind = predicts ? .none : try Self.target(layout, inputs, dataset.name)
        let model = try TracedModel(
            makeModel(inputs.classes), exampleShape: layout.exampleShape, target: kind, loss: loss)
        hasClasses = inputs.classes != nil
        classNames = inputs.classNames
        outputCount = model.outputShape.reduce(1, *)
        readsSign = loss.function.isBinary(
            output: model.outputShape, target: inputs.classes.map(TargetKind.classes) ?? .none)
        hasProbability = readsSign && loss.function is BinaryCrossEntropyLoss
        let state = try ModelState(cluster: cluster, model: model)
        let found = Result { cluster.rank == 0 ? try WeightsFile.read(weights, for: model).values : nil }
        let failed = try cluster.world.allReduce((try? found.get()) == nil && cluster.rank == 0 ? 1 : 0, .max)
        let values = try found.get()
        guard failed == 0 else { throw FailedElsewhere() }
        try state.set(values)
        evaluator = try Evaluator(
            cluster: cluster, state: state, order: EpochOrder(inOrder: layout.count, batchSize: batch),
            maker: BatchMaker(examples: dataset.examples, scaling: inputs.scaling, kernels: cluster.kernels),
            shards: shards, workers: workers, predicts: predicts, metrics: metrics)
    }

    /// Loss and metrics; collective, the same on all ranks.
    package func totals() throws -> Evaluator.Totals { try evaluator.totals() }

    /// Calls `body` on rank 0 with rows of outputs in data-set order; collective.
    package func predictions(_ body: (_ rows: [Float]) throws -> Void) throws {
        try evaluator.predictions(body)
    }

    /// Calls `body` on rank 0 with what the model says of each example, in data-set order; collective.
    package func predictions(_ body: (Prediction) throws -> Void) throws {
        var index = 0
        try predictions { (rows: [Float]) in
            for start in stride(from: 0, to: rows.count, by: outputCount) {
                try body(Prediction(rows[start..<start + outputCount], index: index, of: self))
                index += 1
            }
        }
    }

    private static func target(_ layout: DatasetLayout, _ inputs: InputDescription, _ name: String) throws
        -> TargetKind
    {
        switch layout.targetKind {
        case .none:
            throw TrainingError(.badFile, "\(name) has no labels: evaluation needs them, predict does not")
        case .classes(let found):
            guard let known = inputs.classes, found <= known else {
                throw TrainingError(
                    .badFile, "\(name) has label \(found - 1), which the model was not trained on")
            }
            return .classes(known)
        case .values(let shape): return .values(shape)
        }
    }
}
