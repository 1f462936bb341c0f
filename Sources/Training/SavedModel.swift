import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Messages

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

    /// Loads weights and data; collective.
    ///
    /// - Parameters:
    ///   - weights: What `SavedWeights` takes, with the run's normalization.json beside it.
    ///   - source: The data to run on.
    ///   - training: What the weights were trained on, and how its features were scaled. Where they were not, no
    ///     normalization.json is needed.
    ///   - metrics: What is reported beside the loss; nil for what suits the targets.
    ///   - predicts: Whether labels are left out.
    package init(
        weights: String, source: DatasetSource,
        training: (source: DatasetSource, normalization: Normalization)? = nil, loss: Loss,
        metrics: [Metric]? = nil, batch: Int, shards: Int, workers: Int?, predicts: Bool, on cluster: Cluster,
        makeModel: (Int?) throws -> any Model
    ) throws {
        try cluster.check(shards: shards)
        self.cluster = cluster
        if cluster.rank == 0, let note = cluster.spareWorkers(workers, shards: shards) {
            TrainingRun.note(note)
        }
        var saved: SavedWeights?
        let described = try InputDescription.beside(training?.normalization, on: cluster) {
            let found = try SavedWeights(weights)
            saved = found
            return found
        }
        var origin: InputDescription.Origin?
        if described == nil, let training {
            origin = try Agreement.fromRoot(cluster.world) {
                let task = try training.source.task(for: loss) { try makeModel($0.classCount) }
                return InputDescription.Origin(training.source.taking(task))
            }
        }
        let task = try Agreement.fromRoot(cluster.world) {
            guard let described else { return try source.task(for: loss) { try makeModel($0.classCount) } }
            return try source.task(likeClasses: described.classes != nil, loss: loss)
        }
        let source = source.taking(task)
        let dataset = try SharedDataset(
            described?.followed(by: source)
                ?? source.following(classes: origin?.classes, names: origin?.classNames), on: cluster)
        cluster.activity.enter(.preparing)
        self.dataset = dataset
        let layout = dataset.examples.layout
        var found: SavedWeights.Found?
        let unscaled = try Agreement.fromRoot(cluster.world) { () -> InputDescription? in
            guard let weights = try saved?.find() else { throw FailedElsewhere() }
            found = weights
            if !weights.isFinal { TrainingRun.note("the weights are \(weights.origin)") }
            guard described == nil else { return nil }
            guard let origin else { throw FailedElsewhere() }
            let outputs = try InputDescription.outputs(
                of: weights.file, exampleShape: layout.exampleShape, loss: loss, makeModel: makeModel)
            return InputDescription(unscaled: layout, origin, outputs: outputs, loss: loss)
        }
        guard let inputs = described ?? unscaled else { throw FailedElsewhere() }
        try inputs.check(
            layout, of: dataset.source, trainedOn: "the model's training set",
            labels: "the model's training set")
        let kind: TargetKind = predicts ? .none : try Self.target(dataset, inputs, loss)
        let model = try TracedModel(
            makeModel(inputs.classes), exampleShape: layout.exampleShape, target: kind, loss: loss)
        hasClasses = inputs.classes != nil
        classNames = inputs.classNames
        outputCount = model.outputShape.reduce(1, *)
        readsSign = loss.function.isBinary(
            output: model.outputShape, target: inputs.classes.map(TargetKind.classes) ?? .none)
        hasProbability = readsSign && loss.function is BinaryCrossEntropyLoss
        let state = try ModelState(cluster: cluster, model: model)
        try cluster.checkMemory(
            copies: cluster.rank == 0 ? state.byteCount : state.largestByteCount,
            for: .model("the weights' file"))
        var values: [[Float]]?
        try TrainingRun.agree(
            Result {
                values = try found.map {
                    try SavedWeights.values(of: $0.file, for: model, tell: TrainingRun.note)
                }
            },
            cluster)
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

    private static func target(
        _ dataset: SharedDataset, _ inputs: InputDescription, _ loss: Loss
    ) throws -> TargetKind {
        try LabelChecks.classes(dataset.examples, of: dataset.source, loss: loss)
        switch dataset.examples.layout.targetKind {
        case .none:
            throw TrainingError(
                .badFile, "\(dataset.name) has no labels: evaluation needs them, predict does not")
        case .classes(let found):
            guard let known = inputs.classes else {
                throw TrainingError(
                    .badFile,
                    "\(dataset.source.labelsName) has \(LabelChecks.phrase(ofClassesIn: dataset.examples)), the model was trained on numbers: give numbers, or leave out task: classification"
                )
            }
            if found > known, let labels = dataset.examples.classes,
                let index = labels.firstIndex(where: { $0 >= known })
            {
                let place = dataset.source.place(ofLabel: index)
                throw TrainingError(
                    .badFile,
                    "the label of example \(place.example) is \(labels[index]), \(place.path), which the model was not trained on: it knows 0 to \(known - 1)"
                )
            }
            return .classes(known)
        case .values(let shape): return .values(shape)
        }
    }
}
