import CKernels
import Cluster
import DataParallel
import Datasets
import Foundation
import Optimizers
import Options
import Randomness

/// Measures the gradient noise scale of a run before its first step, on a copy of the weights.
///
/// The noise scale tr(Σ)/‖G‖² is small at first weights, where gradients agree, and grows as the loss falls (McCandlish
/// et al. 2018, section 4): so Adam first takes some steps. Neither the run's optimizer nor its rate is used, that runs
/// which differ in them have the same mini-batch. Mini-batches, steps and the order of sums are fixed: the result has the
/// same bits at any number of ranks.
struct NoiseProbe {
    /// The most examples of a mini-batch, the steps before the measured ones, and those.
    static let largestBatch = 256
    static let firstSteps = 50
    static let measuredSteps = 20
    /// Adam's rate.
    private static let rate = 1e-3

    let settings: TrainingSettings
    let data: PreparedData
    let cluster: Cluster
    let progress: ProgressLine

    /// The result, the same on all ranks.
    struct Found {
        /// tr(Σ)/‖G‖² in examples; nil where no gradient stands out from the noise.
        let noiseScale: Double?
        /// The examples of the measured steps.
        let examples: Int
    }

    /// Takes the steps with mini-batches of `batch` examples; collective.
    ///
    /// - Parameter initial: The weights to start from.
    /// - Returns: Nil if the examples of a mini-batch are in one shard, which can be compared with none.
    func run(batch: Int, from initial: InitialWeights) throws -> Found? {
        let optimizer: OptimizerConfiguration
        do throws(OptionError) {
            optimizer = try OptimizerConfiguration(name: "adam", options: ["lr": .number(Self.rate)])
        } catch { preconditionFailure("adam does not take a rate: \(error)") }
        let state = try ModelState(cluster: cluster, model: data.model, bucketBytes: settings.bucketBytes)
        var replicaSettings = ReplicaSettings(
            batch: batch, shards: settings.shardCount, seed: settings.seed, workers: settings.workers,
            bucketBytes: settings.bucketBytes, rule: optimizer.rule)
        replicaSettings.precision = settings.precision
        replicaSettings.skipsNonFinite = true
        let replica = try Replica(
            cluster: cluster, state: state, settings: replicaSettings,
            training: BatchMaker(
                examples: data.training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels,
                augmenter: data.augmenter))
        _ = try initial.give(to: state, isCopy: true)
        defer { cluster.activity.enter(.preparing) }
        let found = try measure(replica, optimizer.rule, batch)
        try replica.free()
        try state.free()
        return found
    }

    private func measure(_ replica: Replica, _ rule: any UpdateRule, _ batch: Int) throws -> Found? {
        let (steps, width) = (Self.firstSteps + Self.measuredSteps, rule.scalarCount)
        var numbers = Array(repeating: 0.0, count: steps * width)
        if cluster.rank == 0 {
            numbers = (1...steps).flatMap { rule.scalars(step: $0, learningRate: Self.rate, momentum: nil) }
        }
        try cluster.world.broadcast(&numbers, root: 0)
        let work = CountedWork("measuring the gradient noise scale", "step", on: progress)
        defer { work.end() }
        let random = CounterRandom(seed: settings.seed, purpose: .dropout)
        let layout = data.training.dataset.examples.layout
        // The last, smaller mini-batch of an epoch is left out.
        let ofEpoch = max(1, data.training.count / batch)
        var (variance, squaredNorm, measured) = (0.0, 0.0, 0)
        var order: EpochOrder?
        for step in 0..<steps {
            let (epoch, place) = (step / ofEpoch, step % ofEpoch)
            if place == 0 {
                order = EpochOrder(
                    count: layout.count, subset: data.training.rows, batchSize: batch, seed: settings.seed,
                    epoch: UInt64(epoch), shuffle: settings.data.shuffle)
            }
            guard let order else { break }
            cluster.activity.begin(step: step + 1)
            let words = random.words(at: UInt64(step))
            let result = try replica.step(
                TrainingStep(
                    [Batch(rows: order.rows[order.batch(place)], epoch: UInt64(epoch))],
                    update: Array(numbers[step * width..<(step + 1) * width]),
                    dropoutKey: dt_philox_key(word: (words.0, words.1)),
                    observes: step < Self.firstSteps ? [] : .noise))
            work.advance(step + 1, of: steps)
            guard !result.isSkipped else {
                throw TrainingError(
                    .diverged,
                    "the loss or its gradient is not finite while the gradient noise scale is measured for training.batch: auto: look at the data's scale with data.normalize, or set training.batch to a number"
                )
            }
            guard let noise = result.noise else { continue }
            variance += noise.variance
            squaredNorm += noise.squaredNorm
            measured += result.count
        }
        guard measured > 0 else { return nil }
        let noise = squaredNorm > 0 ? max(0, variance) / squaredNorm : .infinity
        return Found(noiseScale: noise < Double(measured) ? noise : nil, examples: measured)
    }
}
