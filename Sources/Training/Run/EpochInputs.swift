import CKernels
import DataParallel
import Datasets
import Randomness

/// The inputs of an epoch's steps: mini-batches and the update rule's numbers, which rank 0 computes so that all ranks
/// use the same bits.
struct EpochInputs {
    private let prepared: RunPreparation
    private let order: EpochOrder
    private let epoch: Int
    /// `width` numbers for every step of the epoch.
    private var numbers: [Double] = []

    /// The inputs of the steps that are left of the epoch under way; collective.
    init(_ prepared: RunPreparation, _ policy: RunPolicy, _ progress: RunProgress) throws {
        self.prepared = prepared
        epoch = progress.epoch
        order = prepared.order(ofEpoch: epoch, in: policy.plan)
        try number(policy, from: progress.batch)
    }

    private var width: Int { prepared.settings.optimizer.rule.scalarCount }

    /// Computes the numbers of the epoch's steps from `batch` on; collective. Called again after a skipped step,
    /// because update rules count only the steps they took.
    mutating func number(_ policy: RunPolicy, from batch: Int) throws {
        let (settings, plan) = (prepared.settings, policy.plan)
        let steps = plan.steps(ofEpoch: epoch)
        numbers = Array(repeating: 0, count: steps * width)
        if prepared.cluster.rank == 0 {
            // From the step before `batch`: if updates are delayed, it is still under way and gets new numbers too.
            for batch in max(0, batch - 1)..<steps {
                let step = plan.firstStep(ofEpoch: epoch) + batch
                let scalars = settings.optimizer.rule.scalars(
                    step: max(1, step + 1 - policy.uncountedSteps), learningRate: policy.learningRate(step),
                    momentum: policy.momentum(step))
                numbers.replaceSubrange(batch * width..<(batch + 1) * width, with: scalars)
            }
        }
        try prepared.cluster.world.broadcast(&numbers, root: 0)
    }

    /// The update rule's numbers of a step of the epoch.
    func update(_ batch: Int) -> [Double] { Array(numbers[batch * width..<(batch + 1) * width]) }

    /// The step after `progress`.
    func step(
        after progress: RunProgress, _ policy: RunPolicy, observes: TrainingStep.Observations
    ) -> TrainingStep {
        let batches = policy.plan.miniBatches(ofStep: progress.batch, epoch: epoch).map {
            let rows = order.rows[order.batch($0)]
            return Batch(rows: rows, epoch: UInt64(epoch), length: prepared.length(of: rows))
        }
        let random = CounterRandom(seed: prepared.settings.seed, purpose: .dropout)
        let words = random.words(at: UInt64(progress.step))
        return TrainingStep(
            batches, update: update(progress.batch), dropoutKey: dt_philox_key(word: (words.0, words.1)),
            observes: observes, lossLimit: policy.lossLimit)
    }
}
