import CKernels
import Cluster
import DataParallel
import Datasets
import Layers
import Optimizers
import Runtime
import Training

/// A replica of a small model on data in memory, driven step by step.
package final class ReplicaHarness {
    package let model: TracedModel
    package let state: ModelState
    package let replica: Replica
    private let dataset: Dataset
    private let maker: BatchMaker
    private let cluster: Cluster
    private let shards: Int
    private let workers: Int?
    private var steps = 0

    /// A replica on the test process's only rank.
    package init(
        _ layers: any Model, data: Dataset, loss: Loss = .crossEntropy, rule: any UpdateRule, batch: Int,
        shards: Int,
        workers: Int = 1, bucketBytes: Int = 1 << 20, clipping: GradientClipping = .off,
        exchange: GradientPrecision = .float32, adjust: (inout ReplicaSettings) -> Void = { _ in }
    ) throws {
        prepareThreadForPrograms()
        cluster = try TestCluster.get()
        dataset = data
        self.shards = shards
        self.workers = workers
        model = try TracedModel(
            layers, exampleShape: data.exampleShape, hasLengths: data.layout.hasLengths,
            target: data.layout.targetKind, labelShape: data.layout.classShape, loss: loss)
        state = try ModelState(cluster: cluster, model: model, bucketBytes: bucketBytes)
        maker = BatchMaker(
            examples: data.examples, scaling: FeatureScaling(unchanged: data.layout.channels),
            kernels: cluster.kernels)
        var settings = ReplicaSettings(
            batch: batch, shards: shards, workers: workers, bucketBytes: bucketBytes, rule: rule,
            clipping: clipping, exchange: exchange)
        adjust(&settings)
        replica = try Replica(cluster: cluster, state: state, settings: settings, training: maker)
        try state.set(model.initialValues(seed: 5))
    }

    /// What dropout draws from in a step.
    package static let dropoutKey = dt_philox_key(word: (17, 42))

    /// Trains on the examples at `rows`, whose sequences are cut to `length` positions.
    package func step(_ rows: Range<Int>, length: Int) throws -> StepResult {
        prepareThreadForPrograms()
        steps += 1
        return try replica.step(
            TrainingStep(
                [Batch(rows: rows.map { Int32($0) }[...], length: length)],
                update: replica.settings.rule.scalars(step: steps, learningRate: 1, momentum: nil),
                dropoutKey: Self.dropoutKey, observes: .norm))
    }

    /// Trains on the examples at `rows`.
    package func step(_ rows: Range<Int>, learningRate: Double = 1) throws -> StepResult {
        try step([rows], learningRate: learningRate)
    }

    /// Trains on mini-batches of the examples at each of `batches` in one optimizer step.
    package func step(
        _ batches: [Range<Int>], learningRate: Double = 1, observes: TrainingStep.Observations = .norm,
        lossLimit: Double? = nil
    ) throws -> StepResult {
        // Tests run on any thread, also from one step to the next.
        prepareThreadForPrograms()
        steps += 1
        return try replica.step(
            TrainingStep(
                batches.map { Batch(rows: $0.map { Int32($0) }[...]) },
                update: replica.settings.rule.scalars(step: steps, learningRate: learningRate, momentum: nil),
                dropoutKey: Self.dropoutKey, observes: observes, lossLimit: lossLimit))
    }

    /// Applies an update that is on its way.
    package func flush() throws {
        prepareThreadForPrograms()
        try replica.flush()
    }

    /// The values of all variables, in the model's order.
    package var values: [[Float]] { model.variables.indices.map { state.value($0) } }

    /// Evaluates the examples at `rows` in evaluation mode.
    package func evaluate(
        _ rows: Range<Int>, metrics: [Metric]? = nil, batch: Int? = nil
    ) throws -> Evaluator.Totals {
        prepareThreadForPrograms()
        return try Evaluator(
            cluster: cluster, state: state,
            order: EpochOrder(
                inOrder: dataset.count, subset: rows.map { Int32($0) }, batchSize: batch ?? rows.count),
            maker: maker, shards: shards, workers: workers, metrics: metrics
        ).totals()
    }

    /// The outputs for the examples at `rows` in evaluation mode, one behind the other.
    package func predictions(_ rows: Range<Int>) throws -> [Float] {
        prepareThreadForPrograms()
        var all: [Float] = []
        try Evaluator(
            cluster: cluster, state: state,
            order: EpochOrder(inOrder: dataset.count, subset: rows.map { Int32($0) }, batchSize: rows.count),
            maker: maker, shards: shards, workers: workers, predicts: true
        ).predictions { all += $0 }
        return all
    }

    /// The value of a variable by name.
    package func value(_ name: String) -> [Float]? {
        model.variables.firstIndex { $0.name == name }.map { state.value($0) }
    }
}
