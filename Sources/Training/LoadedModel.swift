import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Messages

/// A model with trained weights and a data set to run it on, on all ranks.
package final class LoadedModel {
    /// The ranks.
    let cluster: Cluster
    /// The data.
    let dataset: SharedDataset
    /// The inputs that the model expects, as found in the training set.
    let inputs: InputDescription
    /// The model.
    let model: TracedModel
    /// Its weights and statistics.
    let state: ModelState
    /// The value of the weights' batch counters, on rank 0.
    let trainedBatches: Int
    /// Where progress is reported.
    let progress: ProgressLine

    /// Loads weights and data; collective.
    ///
    /// - Parameters:
    ///   - weights: The path, as for `SavedWeights`, of weights with the run's normalization.json beside them.
    ///   - source: The data to run on.
    ///   - training: The training set of the weights and the scaling of its features. If they were not scaled, no
    ///     normalization.json is needed.
    ///   - predicts: Whether labels are not read.
    init(
        weights: String, source: DatasetSource,
        training: (source: DatasetSource, normalization: Normalization)? = nil, loss: Loss, shards: Int,
        workers: Int?, predicts: Bool, on cluster: Cluster, makeModel: (Int?) throws -> any Model
    ) throws {
        try cluster.check(shards: shards)
        self.cluster = cluster
        progress = cluster.progressBesideResults
        if cluster.rank == 0, let note = cluster.spareWorkers(workers, shards: shards) {
            cluster.note(note)
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
                let reading = try training.source.reading(for: loss) { try makeModel($0.classCount) }
                return InputDescription.Origin(reading(training.source, for: loss))
            }
        }
        let reading = try Agreement.fromRoot(cluster.world) {
            guard let described else {
                return try source.reading(for: loss) { try makeModel($0.classCount) }
            }
            return DataReading(
                task: try source.task(likeClasses: described.classes != nil, loss: loss),
                positionAxis: try source.positionAxis(for: loss) { _ in try makeModel(described.classes) })
        }
        let source = reading(source, for: loss)
        let dataset = try SharedDataset.load(
            described?.followed(by: source)
                ?? source.following(
                    classes: origin?.classes, names: origin?.classNames,
                    // The columns of words are known by their numbers in the training set's order.
                    features: origin?.wordColumns == nil ? nil : origin?.featureNames,
                    words: origin?.wordColumns, vocabulary: origin?.vocabulary), on: cluster,
            progress)
        cluster.activity.enter(.preparing)
        self.dataset = dataset
        let layout = dataset.examples.layout
        var found: SavedWeights.Found?
        let unscaled = try Agreement.fromRoot(cluster.world) { () -> InputDescription? in
            guard let weights = try saved?.find() else { throw FailedElsewhere() }
            found = weights
            if !weights.isFinal { cluster.note("the weights are \(weights.origin)") }
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
            makeModel(inputs.classes), exampleShape: layout.exampleShape, hasLengths: layout.hasLengths,
            target: kind, labelShape: predicts ? [] : layout.classShape, loss: loss)
        try TokenChecks.check(dataset, model: model)
        if !predicts {
            try LabelChecks.distributions(dataset.examples, of: dataset.source, model: model)
        }
        self.inputs = inputs
        self.model = model
        (state, trainedBatches) = try Self.state(of: model, on: cluster) { found }
    }

    /// A model's state with the weights that `find` gives on rank 0, and their batch counters there; collective.
    static func state(
        of model: TracedModel, on cluster: Cluster, find: () throws -> SavedWeights.Found?
    ) throws -> (state: ModelState, trainedBatches: Int) {
        let state = try ModelState(cluster: cluster, model: model)
        try cluster.checkMemory(
            copies: cluster.rank == 0 ? state.byteCount : state.largestByteCount,
            for: .model("the weights' file"))
        var values: [[Float]]?
        var trainedBatches = 0
        try cluster.agree(
            Result {
                guard let found = try find() else { return }
                (values, trainedBatches) = try SavedWeights.values(
                    of: found.file, for: model, tell: cluster.note)
            })
        try state.set(values)
        return (state, trainedBatches)
    }

    /// Makes mini-batches of the data.
    var maker: BatchMaker {
        BatchMaker(examples: dataset.examples, scaling: inputs.scaling, kernels: cluster.kernels)
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
            if found > known, let labels = dataset.examples.classIndices,
                let index = labels.firstIndex(where: { $0 >= known })
            {
                let place = dataset.source.place(ofLabel: index / dataset.examples.layout.labelWidth)
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
