import Cluster
import DataParallel
import Datasets
import Layers
import Randomness

extension RunPreparation {
    /// What measures the covariate shift, where the settings ask for it; collective over the cluster.
    ///
    /// Its examples are a sample of the training set, drawn by the run's seed.
    static func layerInputs(
        _ settings: TrainingSettings, _ data: PreparedData, _ state: ModelState, _ cluster: Cluster
    ) throws -> LayerInputMeter? {
        guard settings.covariateShiftSteps != nil else { return nil }
        guard !data.model.layerInputs.isEmpty else {
            throw TrainingError(
                .configuration,
                "logging.covariate_shift needs a linear layer or a convolution that reads what another makes, the model has none: leave it out",
                about: .setting("logging.covariate_shift"))
        }
        let random = CounterRandom(seed: settings.seed, purpose: .probe, stream: sampleStream)
        let count = min(LayerInputMeter.mostExamples, data.training.count)
        let places = Permutation.shuffled(count: data.training.count, random: random)[..<count].sorted()
        try Replica.check(data.model, batch: count, shards: settings.shardCount)
        return try LayerInputMeter(
            cluster: cluster, state: state,
            rows: places.map { place in data.training.rows.map { $0[Int(place)] } ?? place },
            maker: BatchMaker(
                examples: data.training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
            shards: settings.shardCount, workers: settings.workers, precision: settings.precision)
    }

    /// A stream above those of other samples and of random directions.
    private static let sampleStream: UInt64 = 1 << 45
}

extension LayerInputMeter {
    /// How far what each layer reads has moved since `before`, for the layers where that can be told; collective.
    func shifts(since before: [LayerMoments]) throws -> [NamedNumber] {
        try zip(layers, zip(before, moments())).compactMap { layer, moments in
            moments.0.shift(to: moments.1).map { NamedNumber(name: layer.parameter, value: $0) }
        }
    }
}
