import Messages
import Optimizers

/// Where a run stands between two steps: everything that resume needs beside the data and the settings.
package struct RunPosition: Codable, Sendable, Equatable {
    /// Optimizer steps taken.
    package var step = 0
    /// The epoch under way, from 0.
    package var epoch = 0
    /// Mini-batches of it that are done.
    package var batch = 0
    /// Σ loss and examples of the epoch so far.
    package var epochLossSum = 0.0
    package var epochExamples = 0
    /// Bytes of metrics.jsonl that are final; 0 on ranks that write none.
    package var metricsLength = 0
    /// The best value so far of what is watched.
    package var watch = MetricWatch()
    /// The step at whose end it was reached; 0 before the first.
    package var bestStep = 0
    /// Examples of a mini-batch in each epoch so far, the one under way included, where measurements decide.
    package var batches: [Int] = []
    /// Steps that were left out, in all and in a row up to now.
    package var skippedSteps = 0
    package var skippedInRow = 0
    /// Those at the end of them whose gradient was not finite.
    package var notFiniteInRow = 0
    /// The losses of the last steps, where spikes are left out.
    package var recentLosses = RecentLosses()
    /// How far a learning rate that follows a metric has fallen.
    package var plateau = PlateauState()
    /// Whether the training loss still falls, where that is looked at.
    package var lossPlateau: LossPlateau?
    /// The gradient noise scale so far.
    package var noise = NoiseScale()
    /// What is known of each parameter's gradients.
    package var monitor = GradientMonitor()
    /// What the update rule keeps between steps beside its arrays.
    package var ruleMemory: [Double] = []
    /// The update rule's numbers of a delayed step whose gradient the checkpoint holds.
    package var delayedNumbers: [Double]?
    /// Whether the run has ended by itself.
    package var isFinished = false
}

extension RunPosition {
    /// What is wrong with the position for a run of these numbers, or nil: a file may say anything.
    ///
    /// - Parameters:
    ///   - epochs: Epochs of the run.
    ///   - examples: Examples of an epoch.
    ///   - memoryCount: Numbers in `ruleMemory`.
    ///   - scalarCount: Numbers in `delayedNumbers`, where updates are delayed; nil where they are not.
    ///   - window: The most losses in `recentLosses`.
    ///   - choosesBatches: Whether measurements decide about mini-batches.
    ///   - leavesPlateaus: Whether the training loss is looked at.
    ///   - plan: The run's plan with the mini-batches chosen.
    package func problem(
        epochs: Int, examples: Int, memoryCount: Int, scalarCount: Int?, window: Int,
        choosesBatches: Bool, leavesPlateaus: Bool = false,
        plan: ([Int]) -> RunPlan
    ) -> String? {
        guard batches.isEmpty || choosesBatches, batches.count <= epochs + 1,
            batches.allSatisfy({ (1...examples).contains($0) })
        else { return "mini-batches that the run cannot have" }
        guard (0...epochs).contains(epoch) else { return "epoch \(epoch) of \(epochs)" }
        let plan = plan(batches)
        let steps = epoch < epochs ? plan.steps(ofEpoch: epoch) : 0
        guard (0...steps).contains(batch) else { return "step \(batch) of an epoch of \(steps)" }
        guard step == plan.firstStep(ofEpoch: epoch) + batch else { return "step \(step) at another place" }
        guard (0...step).contains(skippedSteps), (0...skippedSteps).contains(skippedInRow),
            (0...skippedInRow).contains(notFiniteInRow),
            (0...examples).contains(epochExamples), metricsLength >= 0, (0...step).contains(bestStep),
            (0...epoch).contains(watch.bestEpoch), watch.epochsSinceBest >= 0
        else { return "counts that do not fit together" }
        guard recentLosses.values.count <= window, recentLosses.values.allSatisfy(\.isFinite) else {
            return "losses of steps that the run does not look at"
        }
        guard lossPlateau == nil || leavesPlateaus,
            lossPlateau?.isPossible(epochs: epoch, steps: step - skippedSteps) ?? true
        else { return "a plateau of the training loss that the run cannot have" }
        guard ruleMemory.isEmpty || ruleMemory.count == memoryCount else {
            return "\(counted(ruleMemory.count, "number")) of the update rule, which has \(memoryCount)"
        }
        guard delayedNumbers == nil || delayedNumbers?.count == scalarCount else {
            return "numbers of a delayed step, which the run does not have"
        }
        return nil
    }

    /// Whether both are the same place of training, whatever stands in the metrics by then.
    func isSamePlace(as other: RunPosition) -> Bool {
        var (own, others) = (self, other)
        own.metricsLength = 0
        others.metricsLength = 0
        return own == others
    }
}
