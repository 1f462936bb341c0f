import Cluster
import DataParallel
import Datasets
import Foundation
import Messages
import Optimizers
import Spectrum

/// Takes the steps of a run's epochs. Only the loop changes `progress`; `policy`, which it tells of every step and
/// epoch, makes decisions such as early stopping.
final class EpochLoop {
    let run: RunPreparation
    private let artifacts: RunArtifacts
    var settings: TrainingSettings { run.settings }
    private var sinks: RunSinks { artifacts.sinks }
    private(set) var progress: RunProgress
    private(set) var policy: RunPolicy
    private var clock: RunClock
    private var moments: ControlMoments
    /// Whether the minutes that the process may train for are over, the same on all ranks: the run then ends as after
    /// `--steps`.
    private(set) var isOutOfTime = false
    /// Whether the run was interrupted and ends once it has saved, the same on all ranks.
    private(set) var isInterrupted = false
    /// The mean loss of the steps of the last epoch that this process has ended.
    private(set) var lastTrainingLoss: Double?
    /// The last evaluation within an epoch, and its step.
    private var evaluated: (step: Int, found: RunEvaluation)?
    /// Whether a sink of rank 0 wants histograms.
    private var wantsHistograms = false
    /// This rank's part of the histograms of the last step's gradient, if they were due.
    private var gradientHistograms: HistogramParts?

    init(_ run: RunPreparation, _ artifacts: RunArtifacts, from position: RunPosition) {
        self.run = run
        self.artifacts = artifacts
        progress = position.progress
        policy = RunPolicy(run.settings, run.rates, examples: run.data.training.count, state: position.policy)
        clock = RunClock(start: run.start)
        moments = ControlMoments(after: position.step)
    }

    var pace: RunEvent.Pace { clock.pace }

    /// Whether all epochs are done, or early stopping has ended them.
    private var isOver: Bool { progress.epoch >= settings.epochs || policy.hasStoppedEarly }

    /// Whether this part of the run takes no more steps: it has taken as many as `--steps` allows, or as many epochs as a
    /// study does, or its minutes are over.
    private var isAtLimit: Bool {
        isOutOfTime || settings.stepLimit.map { progress.step >= $0 } ?? false
            || settings.epochLimit.map { progress.epoch >= $0 } ?? false
    }

    /// Takes the epochs that are left, or the steps up to the limit; collective.
    ///
    /// - Returns: The last evaluation; nil if the run was asked to stop early.
    func takeEpochs() throws -> RunEvaluation? {
        var last = RunEvaluation()
        wantsHistograms = try run.cluster.world.broadcast(sinks.wantHistograms ? 1 : 0, root: 0) == 1
        try keepParameters()
        while !isOver {
            try leavePlateau()
            if try takeSteps() { return nil }
            let isComplete = progress.batch == policy.plan.steps(ofEpoch: progress.epoch)
            if isComplete {
                last = try evaluate(areLast: isAtLimit || policy.mayEnd(with: progress.epoch))
                try keepParameters()
                try endEpoch(last.values)
                if !isOver, !isAtLimit {
                    if try control() { return nil }
                    // What is kept of a run's last evaluation alone was left out of this one.
                    if isOutOfTime { last = try evaluate(areLast: true) }
                }
            } else if policy.hasStoppedEarly, let evaluated {
                last = evaluated.found
                break
            }
            if isAtLimit {
                if !isComplete {
                    // Before evaluation, which applies a delayed update: a run resumed from here must apply it with its
                    // next step.
                    try checkpoint()
                    if let evaluated, evaluated.step == progress.step, !isOutOfTime {
                        last = evaluated.found
                    } else {
                        last = try evaluate(areLast: true)
                    }
                }
                break
            }
        }
        return last
    }

    /// Applies the last delayed update and marks the run finished unless steps are left; throws if it diverged.
    /// Collective.
    func end() throws {
        try run.replica.flush()
        run.cluster.activity.enter(.writing)
        if let what = policy.finalDivergence { throw diverged(what) }
        // An early stop by --steps leaves the run open, so that resume goes on from there.
        progress.isFinished = isOver
    }

    /// Evaluates the weights with all updates applied; collective.
    ///
    /// - Parameter areLast: Whether the run may end with them.
    func evaluate(areLast: Bool) throws -> RunEvaluation {
        try run.replica.flush()
        try run.checkCopies(after: progress.step)
        let began = ProcessInfo.processInfo.systemUptime
        let found = try run.evaluators.evaluate(areLast: areLast, run.progress)
        clock.addEvaluation(seconds: ProcessInfo.processInfo.systemUptime - began)
        return found
    }

    /// Steps that the run takes in all, unless it is stopped.
    var plannedSteps: Int { min(policy.plan.totalSteps, settings.stepLimit ?? .max) }

    /// Estimated seconds to the end of the run; `isEpochEvaluated` tells that the epoch under way needs no more
    /// evaluation.
    func remaining(isEpochEvaluated: Bool) -> Double {
        let steps = plannedSteps - progress.step
        let epochs = settings.epochs - progress.epoch - (isEpochEvaluated ? 1 : 0)
        // If a step limit ends the run early, only this share of the remaining epochs is evaluated.
        let share = Double(steps) / Double(max(1, policy.plan.totalSteps - progress.step))
        let within = settings.evaluationSteps.map { steps / $0 } ?? 0
        let whole = clock.remaining(
            steps: steps, evaluations: Int((Double(epochs) * min(1, share)).rounded(.up)) + within)
        return min(whole, secondsLeft ?? whole)
    }

    /// Seconds that the process may still train for, by this rank's clock; nil for no limit.
    private var secondsLeft: Double? {
        settings.maximumMinutes.map { max(0, $0 * 60 - pace.seconds) }
    }

    /// Copies the state of the run and starts writing the copy in the background; collective.
    func checkpoint() throws { try artifacts.checkpoint(progress, policy.state) }

    // MARK: Steps

    /// Takes steps until the epoch, or the run, is over; true if the run was asked to stop.
    private func takeSteps() throws -> Bool {
        var inputs = try EpochInputs(run, policy, progress)
        let steps = policy.plan.steps(ofEpoch: progress.epoch)
        while progress.batch < steps, !isAtLimit {
            let step = progress.step + 1
            run.cluster.activity.begin(step: step)
            // A step of Newton's method takes as long as hundreds of others and tells nothing of the next: each is
            // logged.
            let logs = step % settings.loggingSteps == 0 || settings.optimizer.rule is NewtonCG
            let measuresCurvature = Self.isDue(settings.curvatureSteps, at: step)
            let measuresRates = Self.isDue(settings.effectiveRateSteps, at: step)
            let measuresShift = Self.isDue(settings.covariateShiftSteps, at: step)
            var observes = observations(logs: logs, measuresCurvature: measuresCurvature)
            if measuresRates { observes.insert(.rates) }
            if measuresRates || measuresShift { observes.insert(.norm) }
            if progress.batch + 1 == steps, areHistogramsDue { observes.insert(.histograms) }
            // What one step moves needs no memory of earlier steps, which a resumed run would not have.
            let before = measuresShift ? try run.layerInputs?.moments() : nil
            if measuresShift { run.cluster.activity.enter(.computing) }
            run.replica.reach(.step, step: step)
            let began = ProcessInfo.processInfo.systemUptime
            let result = try run.replica.step(inputs.step(after: progress, policy, observes: observes))
            progress.step = step
            gradientHistograms = result.histograms
            if run.isCheckDue(after: step) { try run.checkCopies(after: step) }
            clock.add(seconds: ProcessInfo.processInfo.systemUptime - began, examples: result.count)
            progress.batch += 1
            try take(result)
            if result.isSkipped {
                try inputs.number(policy, from: progress.batch)
                if settings.isDelayed { run.replica.renumberPending(inputs.update(progress.batch - 1)) }
            }
            let shift = try before.flatMap { try run.layerInputs?.shifts(since: $0) } ?? []
            if logs || measuresCurvature || measuresRates || measuresShift {
                sinks.take(.step(event(of: result, shift)))
            }
            if logs {
                monitor(result)
                if let norm = result.gradientNorm { policy.observe(gradientNorm: norm) }
            }
            if sinks.wantProgress { sinks.take(.progress(howFar(result, of: steps))) }
            // At the end of an epoch, or of the run, only once evaluation has applied a delayed update.
            if progress.batch < steps, !isAtLimit { try keepParameters() }
            var isCheckpointDue = Self.isDue(settings.checkpoints.everySteps, at: step)
            if Self.isDue(settings.evaluationSteps, at: step), progress.batch < steps {
                let isBest = try evaluateInEpoch(&inputs)
                isCheckpointDue = isCheckpointDue || isBest && settings.checkpoints.keepsBest
                if policy.hasStoppedEarly { return false }
            }
            if isCheckpointDue, progress.batch < steps { try checkpoint() }
            if moments.isDue(after: step), try control() { return true }
        }
        return false
    }

    /// Whether something that happens every so many steps, or epochs, does after so many; never without a number.
    private static func isDue(_ every: Int?, at count: Int) -> Bool {
        every.map { count.isMultiple(of: $0) } ?? false
    }

    /// Adds the parameters to the run's path if the number of steps so far asks for it; collective. A resumed run does
    /// so before its first step too, because a step limit ends a run after its checkpoint.
    private func keepParameters() throws {
        guard Self.isDue(settings.parameterSteps, at: progress.step) else { return }
        try artifacts.keepParameters(after: progress.step)
    }

    /// What a step is to report. Noise and vanishing gradients are looked at only in logged steps, so that findings
    /// about them do not depend on which steps measure curvature.
    private func observations(logs: Bool, measuresCurvature: Bool) -> TrainingStep.Observations {
        var observes: TrainingStep.Observations = []
        if logs || measuresCurvature { observes.insert(.norm) }
        if logs || measuresCurvature && settings.logsLayers { observes.insert(.layers) }
        if logs, policy.measuresNoise { observes.insert(.noise) }
        if measuresCurvature { observes.insert(.curvature) }
        return observes
    }

    /// Adds a step to the epoch's sums unless it was skipped; throws if the run has diverged.
    private func take(_ result: StepResult) throws {
        let verdict = policy.observe(
            loss: result.weight > 0 ? result.meanLoss : nil, skipped: result.skipped, noise: result.noise)
        if let what = verdict.skipped {
            sinks.take(.note("step \(progress.step) changed nothing: \(what)"))
        }
        if let what = verdict.divergence { throw diverged(what) }
        guard !result.isSkipped else { return }
        progress.epochLossSum += result.lossSum
        progress.epochWeight = (progress.epochWeight ?? Double(progress.epochExamples)) + result.weight
        progress.epochExamples += result.count
    }

    /// Reports that the run has diverged, and the error that ends it.
    private func diverged(_ what: String) -> TrainingError {
        sinks.take(
            .diverged(
                RunEvent.Diverged(step: progress.step, epoch: progress.epoch + 1, reason: what, pace: pace)))
        let targets = RunNotes(run: run).largeTargets(progress).map { "\($0), or " } ?? ""
        let advice =
            switch (settings.optimizer.rule as? NewtonCG)?.negativeCurvature {
            case nil: "lower optimizer.lr or clip gradients"
            case .ignore:
                "set optimizer.negative_curvature to follow, which takes no step that raises the loss"
            case .follow: "start from other weights"
            }
        return TrainingError(
            .diverged,
            "\(what) at step \(progress.step), epoch \(progress.epoch + 1): "
                + targets + advice)
    }

    /// Reports parameters whose gradients vanish or explode. Biases are left out: in front of a normalization their
    /// gradients are always 0.
    private func monitor(_ result: StepResult) {
        guard !result.layerNorms.isEmpty else { return }
        let variables = run.model.variables
        let findings = policy.look(
            result.layerNorms.filter { variables[$0.variable].role != .bias }.map { place, norm in
                (variables[place].name, variables[place].count, norm)
            })
        for finding in findings {
            sinks.take(
                .gradients(
                    RunEvent.Gradients(
                        step: progress.step, parameter: finding.parameter, finding: finding.kind,
                        rootMeanSquare: finding.rootMeanSquare)))
        }
    }

    // MARK: Evaluations

    /// Evaluates the weights in the middle of an epoch, and keeps them if they are the best; true if they are.
    /// Collective.
    private func evaluateInEpoch(_ inputs: inout EpochInputs) throws -> Bool {
        let found = try evaluate(areLast: isAtLimit || policy.mayEndInEpoch)
        evaluated = (progress.step, found)
        run.cluster.activity.enter(.writing)
        sinks.take(.evaluation(event(of: found.values, remaining: remaining(isEpochEvaluated: false))))
        let factor = policy.state.plateau.factor
        let verdict = policy.evaluated(
            in: progress.epoch, step: progress.step, metric: found.values.value(ofWatched:))
        if policy.state.plateau.factor != factor { try inputs.number(policy, from: progress.batch) }
        if verdict.isBest { try keepBest() }
        if let text = verdict.earlyStop { sinks.take(.message(text)) }
        run.cluster.activity.enter(.computing)
        return verdict.isBest
    }

    /// Keeps the weights, now the best, of the epoch under way or just over; collective.
    private func keepBest() throws {
        try artifacts.requireFolder()
        try artifacts.bestWeights.replace(
            with: run.replica.state, step: progress.step, epoch: progress.epoch + 1)
    }

    // MARK: Ends of epochs

    /// Reports an epoch's metrics, keeps its weights if they are the best, and starts a checkpoint if one is due.
    private func endEpoch(_ evaluations: RunEvent.Evaluations) throws {
        run.cluster.activity.enter(.writing)
        let loss = progress.epochLoss
        lastTrainingLoss = loss
        sinks.take(.epoch(event(of: evaluations, remaining: remaining(isEpochEvaluated: true))))
        try takeHistograms()
        let verdict = policy.endEpoch(
            progress.epoch, step: progress.step, trainingLoss: progress.epochExamples > 0 ? loss : nil,
            metric: evaluations.value(ofWatched:))
        if verdict.isBest { try keepBest() }
        for text in [verdict.earlyStop, verdict.growth].compactMap({ $0 }) { sinks.take(.message(text)) }
        progress.endEpoch()
        let rule = settings.checkpoints
        guard !isOver else { return }
        let isDue =
            Self.isDue(rule.everySteps, at: progress.step) || Self.isDue(rule.everyEpochs, at: progress.epoch)
        if try (verdict.isBest && rule.keepsBest)
            || (isDue && (!rule.isSparing || artifacts.mayCheckpoint()))
        {
            try checkpoint()
        }
    }

    /// Whether histograms of the epoch under way are wanted. A run gives at most 500, as TensorBoard shows no more.
    private var areHistogramsDue: Bool {
        let every = (settings.epochs + Self.mostHistograms - 1) / Self.mostHistograms
        return wantsHistograms && (progress.epoch + 1) % every == 0
    }

    private static let mostHistograms = 500

    /// Gives sinks histograms of the weights and of the epoch's last gradient, if they are due; collective.
    private func takeHistograms() throws {
        guard areHistogramsDue else { return }
        let found = try run.replica.histograms(gradient: gradientHistograms)
        gradientHistograms = nil
        func named(_ histograms: [TensorHistogram]) -> [RunEvent.Histogram] {
            histograms.map { RunEvent.Histogram($0, name: run.model.variables[$0.variable].name) }
        }
        sinks.take(
            .histograms(
                RunEvent.Histograms(
                    epoch: progress.epoch + 1, step: progress.step, weights: named(found.weights),
                    gradients: named(found.gradients))))
    }

    /// If the training loss has stopped falling, finds out why, and moves the weights if they are at a saddle;
    /// collective, between epochs. See `PlateauEscape`.
    private func leavePlateau() throws {
        guard progress.batch == 0, !isAtLimit, let plateau = policy.reachedPlateau else { return }
        try run.replica.flush()
        let past =
            "the training loss, \(ProgressReporter.fixed(plateau.best ?? .nan, 4)) at its lowest, has not fallen for \(counted(plateau.epochs, "epoch"))"
        policy.lookAgain()
        let diagnosis = try run.diagnosePlateau(
            beforeEpoch: progress.epoch, policy.plan, rate: policy.learningRate(progress.step - 1))
        var event = RunEvent.Plateau(
            step: progress.step, epoch: progress.epoch, verdict: diagnosis?.verdict ?? .undecided,
            loss: diagnosis?.loss)
        let now: String
        if let diagnosis, diagnosis.verdict == .saddle, let descent = diagnosis.descent, descent.why == nil {
            try run.replica.restartOptimizer()
            policy.startAnew(after: progress.step)
            event.escape = RunEvent.Escape(loss: descent.loss, curvature: diagnosis.lambdaMin.value)
            now =
                "the weights were at a saddle, and have left it along curvature \(VerdictRule.text(diagnosis.lambdaMin.value)), from loss \(VerdictRule.text(diagnosis.loss)) to \(VerdictRule.text(descent.loss)) over all training examples"
        } else {
            let why = diagnosis?.because ?? SpectrumError.notFinite.description
            now = "\(event.verdict.rawValue) (\(why)), so training goes on as it was"
        }
        sinks.take(.note("\(past): \(now)"))
        sinks.take(.plateau(event))
        run.cluster.activity.enter(.computing)
    }

    // MARK: Control

    /// Advances the checkpoint under way, starts one if the clock asks for it, and notes when the run's minutes are
    /// over; true if the run was asked to stop. Collective.
    private func control() throws -> Bool {
        let own = ControlMoments.Wishes(
            stops: StopRequest.isPending || sinks.askToStop, isInterrupted: Interruption.isPending,
            isBusy: artifacts.checkpoints.isBusy, checkpoint: artifacts.isCheckpointDue,
            isOutOfTime: secondsLeft == 0,
            looksAtFolder: !(run.folder?.seemsLocked ?? true))
        let all = try moments.agree(
            own, after: progress.step, secondsPerStep: clock.secondsPerStep, run.cluster)
        if all.looksAtFolder { try artifacts.requireFolder() }
        if !all.isBusy { try artifacts.checkpoints.advance() }
        artifacts.bestWeights.release()
        isInterrupted = all.isInterrupted
        if all.stops || isInterrupted { return true }
        // The run's end saves.
        isOutOfTime = all.isOutOfTime
        if all.checkpoint, !isOutOfTime { try checkpoint() }
        return false
    }
}
