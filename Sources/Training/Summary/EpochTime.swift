import Cluster
import DataParallel
import Datasets
import Foundation

/// The time of an epoch on this machine, measured with a few real steps of all ranks and an evaluation of a part of each
/// set. The weights that are changed are a copy, and nothing is written.
package struct EpochTime: Sendable, Equatable {
    /// Seconds of the epoch's steps.
    package let training: Double
    /// Seconds of evaluation after it.
    package let evaluation: Double
    /// Training examples per second, in steps alone.
    package let samplesPerSecond: Double

    /// Seconds of both. Start and checkpoints are not in it.
    package var total: Double { training + evaluation }

    /// Seconds that measuring training, and then evaluation, takes about, unless a few steps take longer.
    private static let trainingSeconds = 1.5
    private static let evaluationSeconds = 0.4
    /// The measured steps are timed in this many parts, of which the median counts: another program may have the cores
    /// for a while.
    private static let parts = 5

    /// Measures the run of `prepared`; collective.
    init(_ prepared: RunPreparation) throws {
        let cluster = prepared.cluster
        let examples = prepared.data.training.count
        let policy = RunPolicy(prepared.settings, prepared.rates, examples: examples)
        let inputs = try EpochInputs(prepared, policy, RunProgress())
        let ofEpoch = policy.plan.steps(ofEpoch: 0)
        var progress = RunProgress()
        func take(_ steps: Int) throws -> Int {
            var taken = 0
            for _ in 0..<steps {
                cluster.activity.begin(step: progress.step + 1)
                taken += try prepared.replica.step(inputs.step(after: progress, policy, observes: [])).count
                progress.step += 1
                progress.batch = (progress.batch + 1) % ofEpoch
            }
            return taken
        }
        // The first step touches all memory for the first time.
        _ = try take(1)
        let step = try Self.seconds(cluster) { _ = try take(1) }
        let wanted = Self.trainingSeconds / Double(Self.parts) / max(step, 1e-6)
        let count = Int(max(1, min(wanted, 1000)))
        let times = try (0..<Self.parts).map { _ in
            var taken = 0
            let seconds = try Self.seconds(cluster) { taken = try take(count) }
            return seconds / Double(max(1, taken))
        }
        try prepared.replica.flush()
        let perExample = times.sorted()[Self.parts / 2]
        training = perExample * Double(examples)
        samplesPerSecond = 1 / perExample
        var evaluation = 0.0
        for part in prepared.data.evaluated(prepared.settings) {
            evaluation += try Self.evaluation(of: part, perExample, prepared)
        }
        self.evaluation = evaluation
    }

    /// Seconds of the evaluation of a set; collective.
    ///
    /// - Parameter perExample: Seconds of a step for each of its examples, the same on all ranks.
    private static func evaluation(
        of part: PreparedData.Part, _ perExample: Double, _ prepared: RunPreparation
    ) throws -> Double {
        let (settings, cluster) = (prepared.settings, prepared.cluster)
        let batch = min(settings.evaluationBatch, part.count)
        let batches = Int(max(1, min(evaluationSeconds / (perExample * Double(batch)), 1000)))
        let count = min(part.count, batches * batch)
        let layout = part.dataset.examples.layout
        let rows = part.rows.map { Array($0[..<count]) } ?? (0..<Int32(count)).map { $0 }
        let evaluator = try Evaluator(
            cluster: cluster, state: prepared.replica.state,
            order: EpochOrder(inOrder: layout.count, subset: rows, batchSize: batch),
            maker: BatchMaker(
                examples: part.dataset.examples, scaling: prepared.data.scaling, kernels: cluster.kernels),
            shards: settings.shardCount, workers: settings.workers, metrics: settings.metrics,
            precision: settings.precision)
        _ = try evaluator.totals()
        let seconds = try seconds(cluster) { _ = try evaluator.totals() }
        return seconds * Double(part.count) / Double(count)
    }

    /// Seconds from where all ranks begin `body` until all have ended it, by rank 0's clock, the same on all ranks;
    /// collective.
    private static func seconds(_ cluster: Cluster, _ body: () throws -> Void) throws -> Double {
        try cluster.world.barrier()
        let began = ProcessInfo.processInfo.systemUptime
        try body()
        try cluster.world.barrier()
        return try cluster.world.broadcast(ProcessInfo.processInfo.systemUptime - began, root: 0)
    }
}
