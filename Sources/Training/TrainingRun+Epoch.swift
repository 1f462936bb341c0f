import CKernels
import DataParallel
import Datasets
import Foundation
import Messages
import Randomness

/// The steps of an epoch.
extension TrainingRun {
    /// Takes steps until the epoch, or the run, is over; true if the run was asked to stop.
    func trainEpoch() throws -> Bool {
        let epoch = position.epoch
        let order = order(ofEpoch: epoch)
        var numbers = try epochScalars()
        while position.batch < plan.steps(ofEpoch: epoch), !isAtStepLimit {
            cluster.activity.begin(step: position.step + 1)
            let batches = batches(ofStep: position.batch, order)
            let logs = (position.step + 1) % settings.loggingSteps == 0
            let measuresCurvature = settings.curvatureSteps.map { (position.step + 1) % $0 == 0 } ?? false
            replica.reach(.step, step: position.step + 1)
            let began = ProcessInfo.processInfo.systemUptime
            let result = try replica.step(
                TrainingStep(
                    batches, update: numbers(position.batch), dropoutKey: dropoutKey(step: position.step),
                    observes: observations(logs: logs, measuresCurvature: measuresCurvature),
                    lossLimit: settings.spikes?.limit(after: position.recentLosses.values)))
            position.step += 1
            if isCheckDue { try checkCopies() }
            trainingSeconds += ProcessInfo.processInfo.systemUptime - began
            trainedExamples += result.count
            stepsTaken += 1
            position.batch += 1
            try take(result)
            if result.isSkipped { numbers = try renumbered() }
            if logs || measuresCurvature { logStep(result) }
            if logs { monitor(result) }
            drawBar(result)
            if let steps = settings.checkpoints.everySteps, position.step % steps == 0,
                position.batch < plan.steps(ofEpoch: epoch)
            {
                try checkpoint()
            }
            if position.step >= nextControl, try control() { return true }
        }
        return false
    }

    /// Whether the run ends here because it was told how many steps to take.
    var isAtStepLimit: Bool { settings.stepLimit.map { position.step >= $0 } ?? false }

    /// The order in which an epoch visits the training set, cut into its mini-batches.
    func order(ofEpoch epoch: Int) -> EpochOrder {
        EpochOrder(
            count: data.training.dataset.examples.layout.count, subset: data.training.rows,
            batchSize: plan.batches[epoch], seed: settings.seed, epoch: UInt64(epoch),
            shuffle: settings.data.shuffle)
    }

    /// The mini-batches of a step of the epoch under way.
    func batches(ofStep index: Int, _ order: EpochOrder) -> [Batch] {
        plan.miniBatches(ofStep: index, epoch: position.epoch).map {
            Batch(rows: order.rows[order.batch($0)], epoch: UInt64(position.epoch))
        }
    }

    /// Adds a step to the epoch's sums, unless it had to be skipped.
    private func take(_ result: StepResult) throws {
        if let noise = result.noise { position.noise.observe(noise) }
        let loss = result.lossSum / Double(result.count)
        if let spikes = settings.spikes { position.recentLosses.observe(loss, window: spikes.window) }
        guard let reason = result.skipped else {
            guard result.lossSum.isFinite else { throw diverged("the loss is not finite") }
            position.skippedInRow = 0
            position.notFiniteInRow = 0
            position.epochLossSum += result.lossSum
            position.epochExamples += result.count
            return
        }
        position.skippedSteps += 1
        position.skippedInRow += 1
        position.notFiniteInRow = reason == .gradient ? position.notFiniteInRow + 1 : 0
        let what =
            reason == .gradient
            ? "the gradient was not finite"
            : "the loss, \(ProgressReporter.fixed(loss, 4)), was far above the recent ones"
        reporter.line("dtrain: note: step \(position.step) changed nothing: \(what)")
        guard position.skippedInRow >= settings.maximumSkippedSteps else { return }
        throw diverged(
            position.notFiniteInRow == position.skippedInRow
                ? "\(what) \(counted(position.skippedInRow, "step")) in a row"
                : "\(what), and \(counted(position.skippedInRow, "step")) in a row changed nothing")
    }

    /// The error of a run that leads nowhere.
    func diverged(_ what: String) -> TrainingError {
        TrainingError(
            .diverged,
            "\(what) at step \(position.step), epoch \(position.epoch + 1): "
                + (largeTargets.map { "\($0), or " } ?? "") + "lower optimizer.lr or clip gradients")
    }

    /// What a step reports. Noise and gradients are followed where metrics are logged anyway, so that what is known of them
    /// does not depend on where curvature is measured.
    private func observations(logs: Bool, measuresCurvature: Bool) -> TrainingStep.Observations {
        var observes: TrainingStep.Observations = []
        if logs || measuresCurvature { observes.insert(.norm) }
        if logs || measuresCurvature && settings.logsLayers { observes.insert(.layers) }
        if logs, measuresNoise { observes.insert(.noise) }
        if measuresCurvature { observes.insert(.curvature) }
        return observes
    }

    /// Whether the noise scale is measured.
    var measuresNoise: Bool { settings.logsNoiseScale || settings.growth?.trigger == .noise }

    /// The update rule's numbers of every step of the epoch, from rank 0, so that all ranks use the same bits.
    func epochScalars() throws -> (Int) -> [Double] {
        let width = settings.optimizer.rule.scalarCount
        let steps = plan.steps(ofEpoch: position.epoch)
        var numbers = Array(repeating: 0.0, count: steps * width)
        if cluster.rank == 0 {
            // A delayed step that is on its way may yet be renumbered.
            for batch in max(0, position.batch - 1)..<steps {
                let step = plan.firstStep(ofEpoch: position.epoch) + batch
                let before = position.skippedSteps + (position.lossPlateau?.restart ?? 0)
                let scalars = settings.optimizer.rule.scalars(
                    step: max(1, step + 1 - before), learningRate: learningRate(step),
                    momentum: settings.schedule.momentum(step: step, in: plan.shape))
                numbers.replaceSubrange(batch * width..<(batch + 1) * width, with: scalars)
            }
        }
        try cluster.world.broadcast(&numbers, root: 0)
        return { Array(numbers[$0 * width..<($0 + 1) * width]) }
    }

    /// The numbers of the epoch's other steps after one was skipped: update rules count the steps they took.
    private func renumbered() throws -> (Int) -> [Double] {
        let numbers = try epochScalars()
        if settings.isDelayed { replica.renumberPending(numbers(position.batch - 1)) }
        return numbers
    }

    /// The rate of the step with this index, from 0.
    func learningRate(_ step: Int) -> Double {
        settings.schedule.rate(step: step, in: plan.shape, plateauFactor: position.plateau.factor)
    }

    /// What dropout draws from in the step with this index, from 0.
    func dropoutKey(step: Int) -> dt_philox_key {
        let random = CounterRandom(seed: settings.seed, purpose: .dropout)
        let words = random.words(at: UInt64(step))
        return dt_philox_key(word: (words.0, words.1))
    }
}
