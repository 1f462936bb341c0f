import DataParallel
import Layers
import Messages
import Optimizers

/// What a run decides from its numbers: which steps count, when it leads nowhere, which epoch is the best, when it ends
/// early, how mini-batches grow, how far the learning rate has fallen, whether the training loss still falls.
///
/// It does nothing itself: all ranks have one each, which decides alike as it is told the same numbers.
package struct RunPolicy {
    /// What decisions are made of: the policy's part of a checkpoint.
    package struct State: Codable, Sendable, Equatable {
        /// The best value so far of what is watched.
        package var watch = MetricWatch()
        /// The step at whose end it was reached, where its checkpoint is kept; 0 before the first.
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

        package init() {}
    }

    /// What is to be said of a step.
    package struct StepVerdict: Equatable {
        /// Why the step changed nothing; nil where it did.
        package var skipped: String?
        /// Why the run leads nowhere; nil where it goes on.
        package var divergence: String?
    }

    /// What an epoch's numbers lead to.
    package struct EpochVerdict: Equatable {
        /// Whether the epoch is the best so far.
        package var isBest = false
        /// Why the run ends early; nil where it goes on.
        package var earlyStop: String?
        /// How the next epoch's mini-batch has grown; nil where it has not.
        package var growth: String?
    }

    /// What is known so far.
    package private(set) var state: State
    /// How the run is cut into steps, with the batches that measurements have decided about.
    package private(set) var plan: RunPlan
    /// Whether early stopping has ended the run.
    package private(set) var hasStoppedEarly = false
    private let settings: TrainingSettings
    private let rates: LearningRateSchedule

    /// The policy of a run over so many examples with these learning rates, which goes on from `state`.
    package init(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, examples: Int, state: State = State()
    ) {
        self.settings = settings
        self.rates = rates
        self.state = state
        plan = RunPlan(settings, examples: examples, chosen: state.batches)
    }

    // MARK: Steps

    /// The largest mean loss of the next step that is no spike; nil for any.
    package var lossLimit: Double? { settings.spikes?.limit(after: state.recentLosses.values) }

    /// Steps so far that the optimizer does not count: those that were left out, and those before it started anew.
    package var uncountedSteps: Int { state.skippedSteps + (state.lossPlateau?.restart ?? 0) }

    /// Whether the noise scale is measured.
    package var measuresNoise: Bool { settings.logsNoiseScale || settings.growth?.trigger == .noise }

    /// The rate of the step with this index, from 0.
    package func learningRate(_ step: Int) -> Double {
        rates.rate(step: step, in: plan.shape, plateauFactor: state.plateau.factor)
    }

    /// The same, to be told to a person; nil where the optimizer has none.
    package func statedRate(_ step: Int) -> Double? {
        settings.optimizer.rule.takesLearningRate ? learningRate(step) : nil
    }

    /// The momentum of the step with this index, from 0; nil for the update rule's own.
    package func momentum(_ step: Int) -> Double? { rates.momentum(step: step, in: plan.shape) }

    /// Takes a step's mean loss, why it changed nothing if so, and its noise if that was measured.
    package mutating func observe(
        loss: Double, skipped reason: StepResult.Reason?, noise: GradientNoise? = nil
    ) -> StepVerdict {
        if let noise { state.noise.observe(noise) }
        if let spikes = settings.spikes { state.recentLosses.observe(loss, window: spikes.window) }
        guard let reason else {
            guard loss.isFinite else { return StepVerdict(divergence: "the loss is not finite") }
            state.skippedInRow = 0
            state.notFiniteInRow = 0
            return StepVerdict()
        }
        state.skippedSteps += 1
        state.skippedInRow += 1
        state.notFiniteInRow = reason == .gradient ? state.notFiniteInRow + 1 : 0
        let what =
            switch reason {
            case .gradient: "the gradient was not finite"
            case .curvature: "products with the Hessian were not finite"
            case .loss: "the loss, \(ProgressReporter.fixed(loss, 4)), was far above the recent ones"
            }
        guard state.skippedInRow >= settings.maximumSkippedSteps else { return StepVerdict(skipped: what) }
        let steps = counted(state.skippedInRow, "step")
        return StepVerdict(
            skipped: what,
            divergence: state.notFiniteInRow == state.skippedInRow
                ? "\(what) \(steps) in a row" : "\(what), and \(steps) in a row changed nothing")
    }

    /// Why a run that ends here leads nowhere; nil where it does not.
    package var finalDivergence: String? {
        state.notFiniteInRow > 0 ? "the gradient was not finite in the last step" : nil
    }

    /// Looks at the norms of a step's gradients: of each parameter its name, number of elements and norm.
    package mutating func look(
        _ gradients: [(name: String, count: Int, norm: Double)]
    ) -> [GradientMonitor.Finding] { state.monitor.look(gradients) }

    // MARK: Epochs

    /// What best weights and early stopping watch; nil where there is nothing to watch.
    package static func watchedMetric(_ settings: TrainingSettings) -> String? {
        settings.watchedMetric ?? (settings.data.validation == nil ? nil : "validation_loss")
    }

    /// Takes the numbers of an epoch that ends.
    ///
    /// - Parameters:
    ///   - epoch: The epoch, from 0.
    ///   - step: Steps so far.
    ///   - trainingLoss: The mean loss of its steps; nil where all were skipped, which counts as a loss of 0 where it is
    ///     watched.
    ///   - metric: A number of its evaluation by its name in metrics.jsonl.
    package mutating func endEpoch(
        _ epoch: Int, step: Int, trainingLoss: Double?, metric: (String) -> Double?
    ) -> EpochVerdict {
        if let rule = rates.plateau, let value = metric(rule.metric.rawValue) {
            state.plateau.observe(value, by: rule, baseRate: rates.baseRate)
        }
        var verdict = EpochVerdict()
        if let name = Self.watchedMetric(settings),
            let value = name == "train_loss" ? trainingLoss ?? 0 : metric(name)
        {
            watch(name, value, epoch: epoch, step: step, &verdict)
        }
        verdict.growth = growBatch(after: epoch)
        if let rule = settings.onPlateau, let trainingLoss {
            var plateau = state.lossPlateau ?? LossPlateau()
            plateau.observe(trainingLoss, by: rule)
            state.lossPlateau = plateau
        }
        return verdict
    }

    private mutating func watch(
        _ name: String, _ value: Double, epoch: Int, step: Int, _ verdict: inout EpochVerdict
    ) {
        let stopping = settings.earlyStopping
        let isHigherBetter = settings.metric(validation: name)?.isHigherBetter ?? false
        verdict.isBest = state.watch.observe(
            value, epoch: epoch + 1, isHigherBetter: isHigherBetter,
            minimumChange: stopping?.minimumChange ?? 0)
        if verdict.isBest, settings.checkpoints.keepsBest { state.bestStep = step }
        guard let stopping, state.watch.epochsSinceBest >= stopping.patience, epoch + 1 < settings.epochs
        else { return }
        hasStoppedEarly = true
        verdict.earlyStop =
            "early stop: \(name) was best in epoch \(state.watch.bestEpoch), \(counted(state.watch.epochsSinceBest, "epoch")) ago"
    }

    /// Chooses the next epoch's mini-batch where measurements decide about it.
    private mutating func growBatch(after epoch: Int) -> String? {
        guard let growth = settings.growth, growth.trigger == .noise else { return nil }
        let batch = plan.batches[epoch]
        if state.batches.isEmpty { state.batches = Array(plan.batches[...epoch]) }
        let isNoisy = (state.noise.examples ?? 0) > Double(batch * settings.accumulate)
        let next = min(plan.examples, isNoisy ? growth.grown(batch) : batch)
        state.batches.append(next)
        plan.setBatch(next, fromEpoch: epoch + 1)
        return next > batch ? "batch: \(batch) -> \(next) examples" : nil
    }

    /// The epoch, from 1, whose weights a run ends with that has ended so many epochs; nil for the last one's.
    package func epochToRestore(after epochs: Int) -> Int? {
        let best = state.watch.bestEpoch
        return settings.earlyStopping?.restoresBest ?? false && best > 0 && best < epochs ? best : nil
    }

    // MARK: Plateaus of the training loss

    /// The plateau that the training loss has reached; nil where it still falls, or is not looked at.
    package var reachedPlateau: LossPlateau? {
        guard let rule = settings.onPlateau, let plateau = state.lossPlateau, plateau.isReached(by: rule)
        else { return nil }
        return plateau
    }

    /// Counts epochs without a fall from 0 again: it is known why there are.
    package mutating func lookAgain() { state.lossPlateau?.lookAgain() }

    /// Notes that weights have left a saddle after so many steps, where the optimizer starts anew.
    package mutating func startAnew(after step: Int) {
        state.lossPlateau?.startAnew(after: step - state.skippedSteps)
        // What it knows of gradients is of another place.
        state.monitor = GradientMonitor()
    }
}

extension RunPlan {
    /// How a run of these settings is cut into steps.
    package init(_ settings: TrainingSettings, examples: Int, chosen: [Int] = []) {
        self.init(
            examples: examples, epochs: settings.epochs, batch: settings.batchIfAny,
            accumulate: settings.accumulate, growth: settings.growth, chosen: chosen)
    }
}
