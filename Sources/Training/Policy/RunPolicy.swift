import DataParallel
import Layers
import Messages
import Optimizers

/// The decisions of a run: which steps are skipped, whether it has diverged, which epoch is the best, when it ends
/// early, how mini-batches grow, how far the learning rate has fallen, whether the training loss still falls.
///
/// It only decides. All ranks have one each, which decide the same because they get the same numbers.
package struct RunPolicy {
    /// The numbers that decisions depend on: the policy's part of a checkpoint.
    package struct State: Codable, Sendable, Equatable {
        /// The best value so far of the watched metric.
        package var watch = MetricWatch()
        /// The step at the end of the best epoch, whose checkpoint is kept; 0 before the first.
        package var bestStep = 0
        /// The examples of a mini-batch in each epoch so far, the current one included, if measurements decide.
        package var batches: [Int] = []
        /// The number of skipped steps, in all and in a row until now.
        package var skippedSteps = 0
        package var skippedInRow = 0
        /// How many of the last skipped steps in a row had a gradient that was not finite.
        package var notFiniteInRow = 0
        /// The losses of the last steps, if spikes are skipped.
        package var recentLosses = RecentLosses()
        /// How far a learning rate that follows a metric has fallen.
        package var plateau = PlateauState()
        /// Whether the training loss still falls, if plateaus are watched.
        package var lossPlateau: LossPlateau?
        /// The norms of the gradient at the start and of late; nil before the first.
        package var gradientCourse: GradientCourse?
        /// The gradient noise scale so far.
        package var noise = NoiseScale()
        /// The history of each parameter's gradients.
        package var monitor = GradientMonitor()

        package init() {}
    }

    /// The verdict on a step.
    package struct StepVerdict: Equatable {
        /// Why the step was skipped; nil if it was not.
        package var skipped: String?
        /// Why the run has diverged; nil if it has not.
        package var divergence: String?
    }

    /// The verdict on an epoch.
    package struct EpochVerdict: Equatable {
        /// Whether the epoch is the best so far.
        package var isBest = false
        /// Why the run ends early; nil if it does not.
        package var earlyStop: String?
        /// How the next epoch's mini-batch has grown, in words; nil if it has not.
        package var growth: String?
    }

    /// The numbers so far.
    package private(set) var state: State
    /// The epochs and steps of the run, with the batches that measurements have decided.
    package private(set) var plan: RunPlan
    /// Whether early stopping has ended the run.
    package private(set) var hasStoppedEarly = false
    private let settings: TrainingSettings
    private let rates: LearningRateSchedule

    /// The policy of a run over `examples` with these learning rates, continuing from `state`.
    package init(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, examples: Int, state: State = State()
    ) {
        self.settings = settings
        self.rates = rates
        self.state = state
        plan = RunPlan(settings, examples: examples, chosen: state.batches)
    }

    // MARK: Steps

    /// The largest mean loss with which the next step is not skipped; nil for no limit.
    package var lossLimit: Double? { settings.spikes?.limit(after: state.recentLosses.values) }

    /// Steps so far that the optimizer does not count: skipped ones and those before it was restarted.
    package var uncountedSteps: Int { state.skippedSteps + (state.lossPlateau?.restart ?? 0) }

    /// Whether the noise scale is measured.
    package var measuresNoise: Bool { settings.logsNoiseScale || settings.growth?.trigger == .noise }

    /// The learning rate of the step with this index, from 0.
    package func learningRate(_ step: Int) -> Double {
        rates.rate(step: step, in: plan.shape, plateauFactor: state.plateau.factor)
    }

    /// The same, to be told to a person; nil where the optimizer has none.
    package func statedRate(_ step: Int) -> Double? {
        settings.optimizer.rule.takesLearningRate ? learningRate(step) : nil
    }

    /// The momentum of the step with this index, from 0; nil for the update rule's own.
    package func momentum(_ step: Int) -> Double? { rates.momentum(step: step, in: plan.shape) }

    /// Takes a step's mean loss, why it was skipped if it was, and its noise if it was measured.
    ///
    /// - Parameter loss: nil where no label of the step counts.
    package mutating func observe(
        loss: Double?, skipped reason: StepResult.Reason?, noise: GradientNoise? = nil
    ) -> StepVerdict {
        if reason == .labels {
            state.skippedSteps += 1
            return StepVerdict(skipped: "none of the labels of its mini-batch counts")
        }
        if let noise { state.noise.observe(noise) }
        if let spikes = settings.spikes, let loss { state.recentLosses.observe(loss, window: spikes.window) }
        guard let reason else {
            guard loss?.isFinite ?? true else { return StepVerdict(divergence: "the loss is not finite") }
            state.skippedInRow = 0
            state.notFiniteInRow = 0
            return StepVerdict()
        }
        state.skippedSteps += 1
        state.skippedInRow += 1
        state.notFiniteInRow = reason == .gradient ? state.notFiniteInRow + 1 : 0
        let what =
            switch reason {
            case .gradient, .labels: "the gradient was not finite"
            case .curvature: "products with the Hessian were not finite"
            case .loss: "the loss, \(ProgressReporter.fixed(loss ?? .nan, 4)), was far above the recent ones"
            }
        guard state.skippedInRow >= settings.maximumSkippedSteps else { return StepVerdict(skipped: what) }
        let steps = counted(state.skippedInRow, "step")
        return StepVerdict(
            skipped: what,
            divergence: state.notFiniteInRow == state.skippedInRow
                ? "\(what) \(steps) in a row" : "\(what), and \(steps) in a row changed nothing")
    }

    /// Why a run that ends now has diverged; nil if it has not.
    package var finalDivergence: String? {
        state.notFiniteInRow > 0 ? "the gradient was not finite in the last step" : nil
    }

    /// Takes the norm of a logged step's gradient.
    package mutating func observe(gradientNorm norm: Double) {
        var course = state.gradientCourse ?? GradientCourse()
        course.observe(norm)
        state.gradientCourse = course
    }

    /// Takes the gradients of a step: the name, number of elements and norm of each parameter's.
    package mutating func look(
        _ gradients: [(name: String, count: Int, norm: Double)]
    ) -> [GradientMonitor.Finding] { state.monitor.look(gradients) }

    // MARK: Epochs

    /// The metric that best weights and early stopping watch; nil for none.
    package static func watchedMetric(_ settings: TrainingSettings) -> String? {
        settings.watchedMetric ?? (settings.data.validation == nil ? nil : "validation_loss")
    }

    /// Takes the numbers at the end of an epoch.
    ///
    /// - Parameters:
    ///   - epoch: The epoch, from 0.
    ///   - step: The number of steps so far.
    ///   - trainingLoss: The mean loss of the epoch's steps; nil if all were skipped, which counts as a loss of 0 if
    ///     the training loss is watched.
    ///   - metric: Returns a number of the evaluation by its name in metrics.jsonl.
    package mutating func endEpoch(
        _ epoch: Int, step: Int, trainingLoss: Double?, metric: (String) -> Double?
    ) -> EpochVerdict {
        lowerRate(metric)
        var verdict = EpochVerdict()
        if let name = Self.watchedMetric(settings),
            let value = name == "train_loss" ? trainingLoss ?? .nan : metric(name)
        {
            watch(name, value, epoch: epoch, step: step, endsEpoch: true, &verdict)
        }
        verdict.growth = growBatch(after: epoch)
        if let rule = settings.onPlateau, let trainingLoss {
            var plateau = state.lossPlateau ?? LossPlateau()
            plateau.observe(trainingLoss, by: rule)
            state.lossPlateau = plateau
        }
        return verdict
    }

    /// Takes the numbers of an evaluation within an epoch, which decide only where `watchesEvaluations`.
    ///
    /// - Parameters:
    ///   - epoch: The epoch under way, from 0.
    ///   - step: The number of steps so far.
    ///   - metric: Returns a number of the evaluation by its name in metrics.jsonl.
    package mutating func evaluated(in epoch: Int, step: Int, metric: (String) -> Double?) -> EpochVerdict {
        var verdict = EpochVerdict()
        guard settings.watchesEvaluations else { return verdict }
        lowerRate(metric)
        if let name = Self.watchedMetric(settings), let value = metric(name) {
            watch(name, value, epoch: epoch, step: step, endsEpoch: false, &verdict)
        }
        return verdict
    }

    /// Lowers the learning rate if it follows a metric that has stopped improving.
    private mutating func lowerRate(_ metric: (String) -> Double?) {
        guard let rule = rates.plateau, let value = metric(rule.metric.rawValue) else { return }
        state.plateau.observe(value, by: rule, baseRate: rates.baseRate)
    }

    private mutating func watch(
        _ name: String, _ value: Double, epoch: Int, step: Int, endsEpoch: Bool,
        _ verdict: inout EpochVerdict
    ) {
        let stopping = settings.earlyStopping
        let isHigherBetter = settings.metric(validation: name)?.isHigherBetter ?? false
        verdict.isBest = state.watch.observe(
            value, epoch: epoch + 1, step: settings.watchesEvaluations ? step : nil,
            isHigherBetter: isHigherBetter, minimumChange: stopping?.minimumChange ?? 0)
        if verdict.isBest, settings.checkpoints.keepsBest { state.bestStep = step }
        guard let stopping, state.watch.epochsSinceBest >= stopping.patience,
            !endsEpoch || epoch + 1 < settings.epochs
        else { return }
        hasStoppedEarly = true
        let since = state.watch.epochsSinceBest
        verdict.earlyStop =
            "early stop: \(name) was best "
            + (state.watch.bestStep.map { "at step \($0), \(counted(since, "evaluation")) ago" }
                ?? "in epoch \(state.watch.bestEpoch), \(counted(since, "epoch")) ago")
    }

    /// Chooses the next epoch's mini-batch, if measurements decide.
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

    /// Whether the weights at the end of an epoch, counted from 0, may be those that the run ends with.
    func mayEnd(with epoch: Int) -> Bool { epoch + 1 >= settings.epochs || isPatienceNearlyOver }

    /// Whether the weights of an evaluation within an epoch may be those that the run ends with.
    var mayEndInEpoch: Bool { settings.watchesEvaluations && isPatienceNearlyOver }

    /// Whether one more look without improvement may be the last that early stopping waits for.
    private var isPatienceNearlyOver: Bool {
        settings.earlyStopping.map { rule in
            !rule.restoresBest && state.watch.epochsSinceBest + 1 >= rule.patience
        } ?? false
    }

    /// The epoch, from 1, whose weights, or those of whose best step, are restored if the run ends after `epochs` and
    /// `step` steps; nil to keep the last ones.
    package func epochToRestore(after epochs: Int, step: Int) -> Int? {
        let best = state.watch.bestEpoch
        guard settings.earlyStopping?.restoresBest ?? false, best > 0 else { return nil }
        let isOlder = state.watch.bestStep.map { $0 < step } ?? (best < epochs)
        return isOlder ? best : nil
    }

    /// Where the learning rate was lowered to nearly nothing while the gradient was still large, after `step` steps.
    package func spentRate(after step: Int) -> SpentRate? {
        guard step > 0, step <= plan.totalSteps, let course = state.gradientCourse,
            let last = statedRate(step - 1)
        else { return nil }
        let largest = (0..<step).lazy.map { rates.rate(step: $0, in: plan.shape) }.max() ?? last
        return SpentRate(last: last, largest: largest, course: course, schedule: rates.shape.name)
    }

    // MARK: Plateaus of the training loss

    /// The plateau that the training loss has reached; nil if it still falls or is not watched.
    package var reachedPlateau: LossPlateau? {
        guard let rule = settings.onPlateau, let plateau = state.lossPlateau, plateau.isReached(by: rule)
        else { return nil }
        return plateau
    }

    /// Starts to count epochs from 0 again, after a diagnosis.
    package mutating func lookAgain() { state.lossPlateau?.lookAgain() }

    /// Records that weights have left a saddle after `step` steps, and that the optimizer is restarted.
    package mutating func startAnew(after step: Int) {
        state.lossPlateau?.startAnew(after: step - state.skippedSteps)
        // The gradients so far were from another place.
        state.monitor = GradientMonitor()
    }
}

extension RunPlan {
    /// The epochs and steps of a run with these settings.
    package init(_ settings: TrainingSettings, examples: Int, chosen: [Int] = []) {
        self.init(
            examples: examples, epochs: settings.epochs, batch: settings.batchIfAny,
            accumulate: settings.accumulate, growth: settings.growth, chosen: chosen)
    }
}
