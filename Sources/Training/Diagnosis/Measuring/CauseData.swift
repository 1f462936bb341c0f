import Cluster
import DataParallel
import Datasets
import Layers
import Randomness

/// The data sets of a run, as its model sees them.
struct CauseData {
    /// The model, traced for training on these targets.
    let model: TracedModel
    /// How features are scaled.
    let scaling: FeatureScaling
    let training: PreparedData.Part
    let test: PreparedData.Part?
    let validation: PreparedData.Part?

    /// The sets of a run that was prepared for training.
    init(_ data: PreparedData) {
        (model, scaling) = (data.model, data.scaling)
        (training, test, validation) = (data.training, data.test, data.validation)
    }

    /// The sets of a run, one of which was loaded with the weights and is not read again; collective.
    ///
    /// - Parameter data: The set that was loaded.
    init(
        _ loaded: LoadedModel, of data: Trainer.DiagnosedData, _ settings: TrainingSettings
    ) throws {
        let sets = settings.seededData
        (model, scaling) = (loaded.model, loaded.inputs.scaling)
        var rows: (training: [Int32], validation: [Int32])?
        let isTraining = data == .train || data == .validation && sets.heldFraction != nil
        let set =
            isTraining ? loaded.dataset : try Self.load(sets.training, like: loaded, settings.loss)
        if let fraction = sets.heldFraction {
            let split = try ValidationSplit(
                set.examples.layout, fraction: fraction, seed: settings.seed, name: set.name)
            rows = (split.training, split.validation)
        }
        training = PreparedData.Part(dataset: set, rows: rows?.training)
        func other(_ source: DatasetSource?, isLoaded: Bool) throws -> PreparedData.Part? {
            guard let source else { return nil }
            let set = isLoaded ? loaded.dataset : try Self.load(source, like: loaded, settings.loss)
            let layout = set.examples.layout
            let fits = (layout.classCount ?? 0) <= (loaded.inputs.classes ?? 0)
            return layout.labels != .none && fits ? PreparedData.Part(dataset: set, rows: nil) : nil
        }
        test = try other(sets.test, isLoaded: data == .test)
        if let rows {
            validation = PreparedData.Part(dataset: set, rows: rows.validation)
        } else if case .files(let source) = sets.validation {
            validation = try other(source, isLoaded: data == .validation)
        } else {
            validation = nil
        }
    }

    private static func load(
        _ source: DatasetSource, like loaded: LoadedModel, _ loss: Loss
    ) throws -> SharedDataset {
        let (cluster, inputs) = (loaded.cluster, loaded.inputs)
        let task = try Agreement.fromRoot(cluster.world) {
            try source.task(likeClasses: inputs.classes != nil, loss: loss)
        }
        let reading = DataReading(task: task, positionAxis: loaded.model.positionAxis)
        let set = try SharedDataset.load(
            inputs.followed(by: reading(source, for: loss)), on: cluster, loaded.progress)
        try inputs.check(
            set.examples.layout, of: set.source, trainedOn: "the model's training set",
            labels: "the model's training set")
        return set
    }

    /// At most `most` rows of a part, drawn by the seed and in the order of the draw.
    static func sample(_ part: PreparedData.Part, _ most: Int, seed: UInt64) -> [Int32] {
        let random = CounterRandom(seed: seed, purpose: .probe, stream: sampleStream)
        let places = Permutation.shuffled(count: part.count, random: random).prefix(most)
        return places.map { place in part.rows.map { $0[Int(place)] } ?? place }
    }

    /// A stream above that of the sample of a diagnosis.
    private static let sampleStream: UInt64 = 1 << 42

    /// Makes mini-batches of a part, without augmentation.
    func maker(_ part: PreparedData.Part, _ cluster: Cluster) -> BatchMaker {
        BatchMaker(examples: part.dataset.examples, scaling: scaling, kernels: cluster.kernels)
    }
}

extension TrainingSettings.Data {
    /// The fraction of the training set that is held out of it; nil for none.
    var heldFraction: Double? {
        if case .fraction(let share) = validation { share } else { nil }
    }
}
