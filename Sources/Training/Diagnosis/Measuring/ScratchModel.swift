import CKernels
import Cluster
import DataParallel
import Datasets
import Layers
import Optimizers
import Randomness

/// A model in memory that is trained for some steps and evaluated, for comparison with a run; nothing of it is written.
///
/// Like those of a run, its steps give the same bytes at any number of ranks.
final class ScratchModel {
    struct Examples {
        /// Makes mini-batches of both.
        let maker: BatchMaker
        /// Rows that it is trained on.
        let fitted: [Int32]
        /// Rows that it is evaluated on.
        let held: [Int32]
    }

    struct Training {
        var rule: any UpdateRule
        var noDecay: [DecayExemption] = []
        var clipping = GradientClipping.off
        /// Examples of a mini-batch, no more than are fitted.
        var batch: Int
    }

    /// Its parameters and states.
    let state: ModelState
    private let cluster: Cluster
    private let examples: Examples
    private let training: Training
    private let settings: TrainingSettings
    private let replica: Replica
    private let evaluator: Evaluator
    private let work: CauseProgress

    /// Plans the model; collective.
    ///
    /// - Parameters:
    ///   - settings: Shards, threads, and the seed that mini-batches are drawn by.
    ///   - work: Counts the steps.
    init(
        _ model: TracedModel, _ examples: Examples, _ training: Training, _ settings: TrainingSettings,
        on cluster: Cluster, _ work: CauseProgress
    ) throws {
        self.cluster = cluster
        self.examples = examples
        self.training = training
        self.settings = settings
        self.work = work
        state = try ModelState(cluster: cluster, model: model)
        var own = ReplicaSettings(
            batch: training.batch, shards: settings.shardCount, seed: settings.seed,
            workers: settings.workers,
            rule: training.rule, clipping: training.clipping)
        own.noDecay = training.noDecay
        own.precision = settings.precision
        own.skipsNonFinite = true
        replica = try Replica(cluster: cluster, state: state, settings: own, training: examples.maker)
        evaluator = try Evaluator(
            cluster: cluster, state: state,
            order: EpochOrder(
                inOrder: examples.maker.examples.layout.count, subset: examples.held,
                batchSize: min(max(training.batch, 256), 1024)),
            maker: examples.maker, shards: settings.shardCount, workers: settings.workers,
            precision: settings.precision)
    }

    /// Gives shared memory back; collective.
    func free() throws {
        try replica.free()
        try state.free()
    }

    /// The number of trainable elements.
    var parameters: Int { state.model.parameterCount }

    /// Takes steps from `values`, those of rank 0, with an optimizer that begins anew; false where a loss or a gradient was
    /// not finite, at which it ends. Collective.
    ///
    /// - Parameter rate: The rate of a step, from 0; asked of rank 0 alone.
    func train(
        from values: [[Float]]?, steps: Int, observes: TrainingStep.Observations = [],
        rate: (Int) -> Double, read: (StepResult) -> Void = { _ in }
    ) throws -> Bool {
        try state.set(values)
        try replica.restartOptimizer()
        let width = training.rule.scalarCount
        var numbers = Array(repeating: 0.0, count: steps * width)
        if cluster.rank == 0 {
            for step in 0..<steps {
                numbers.replaceSubrange(
                    step * width..<(step + 1) * width,
                    with: training.rule.scalars(step: step + 1, learningRate: rate(step), momentum: nil))
            }
        }
        try cluster.world.broadcast(&numbers, root: 0)
        let random = CounterRandom(seed: settings.seed, purpose: .dropout)
        // The last mini-batch of an epoch is left out where it is smaller: steps are to be alike.
        let ofEpoch = max(1, examples.fitted.count / training.batch)
        var order: EpochOrder?
        for step in 0..<steps {
            if step % ofEpoch == 0 {
                order = EpochOrder(
                    count: examples.maker.examples.layout.count, subset: examples.fitted,
                    batchSize: training.batch, seed: settings.seed, epoch: UInt64(step / ofEpoch))
            }
            guard let order else { break }
            let words = random.words(at: UInt64(step))
            let result = try replica.step(
                TrainingStep(
                    [Batch(rows: order.rows[order.batch(step % ofEpoch)])],
                    update: Array(numbers[step * width..<(step + 1) * width]),
                    dropoutKey: dt_philox_key(word: (words.0, words.1)), observes: observes))
            work.advance()
            guard !result.isSkipped, result.lossSum.isFinite else { return false }
            read(result)
        }
        return true
    }

    /// Loss and metrics of the examples that it is evaluated on; collective, the same on all ranks.
    func totals() throws -> Evaluator.Totals { try evaluator.totals() }

    /// The same with the outputs for these examples, row by row in their order, on rank 0; collective.
    func totalsWithPredictions() throws -> (totals: Evaluator.Totals, rows: [Float]) {
        var rows: [Float] = []
        let totals = try evaluator.totals { rows += $0 }
        return (totals, rows)
    }
}

/// Shows how many of about `expected` steps of all measurements are done.
final class CauseProgress {
    private let work: CountedWork
    private var done = 0
    private var expected = 0

    init(on line: ProgressLine) {
        work = CountedWork("looking for what is to blame", "step", isEstimate: true, on: line)
    }

    func expect(_ steps: Int) { expected += steps }

    func advance() {
        done += 1
        work.advance(done, of: max(done, expected))
    }

    func end() { work.end() }
}
