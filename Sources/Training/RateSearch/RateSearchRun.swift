import CKernels
import DataParallel
import Datasets
import Foundation
import Optimizers
import Randomness

/// Takes the steps of a range test, on weights of its own in memory.
struct RateSearchRun {
    let prepared: RunPreparation
    let options: RateSearchOptions

    /// A run's settings for a test: the same steps, with a rate of their own, and nothing that watches, decides or writes.
    static func settings(of run: TrainingSettings, _ options: RateSearchOptions) -> TrainingSettings {
        var settings = run
        settings.isDryRun = true
        settings.resume = .no
        settings.stepLimit = nil
        settings.maximumMinutes = nil
        settings.isProfiled = false
        // A step at least in each.
        settings.isOnline = false
        settings.epochs = options.steps
        settings.growth = nil
        settings.schedule = .constant
        settings.schedule.momentum = run.schedule.momentum
        // The mini-batch is chosen by the memory of all data.
        if !run.choosesBatch {
            settings.data.test = nil
            if case .files = run.data.validation { settings.data.validation = nil }
            settings.evaluatesTraining = false
        }
        settings.watchedMetric = nil
        settings.watchesEvaluations = false
        settings.earlyStopping = nil
        settings.onPlateau = nil
        settings.spikes = nil
        settings.evaluationSteps = nil
        settings.curvatureSteps = nil
        settings.parameterSteps = nil
        settings.effectiveRateSteps = nil
        settings.covariateShiftSteps = nil
        return settings
    }

    private var settings: TrainingSettings { prepared.settings }

    /// Takes the steps; collective, the same on all ranks.
    func run() throws -> RateSearchReport {
        let plan = RunPlan(settings, examples: prepared.data.training.count)
        let (rates, numbers) = try schedule(plan)
        let work = CountedWork("looking for the learning rate", "step", on: prepared.progress)
        defer { work.end() }
        // The last step of an epoch is left out where it has fewer examples: steps are to be alike.
        let stepBatch = plan.batches[0] * settings.accumulate
        let ofEpoch = max(1, plan.examples / stepBatch)
        let random = CounterRandom(seed: settings.seed, purpose: .dropout)
        var course = RateCourse(smoothing: options.smoothing)
        var order: EpochOrder?
        for step in 0..<options.steps where course.end == nil {
            let (epoch, place) = (step / ofEpoch, step % ofEpoch)
            if place == 0 { order = prepared.order(ofEpoch: epoch, in: plan) }
            guard let order else { break }
            prepared.cluster.activity.begin(step: step + 1)
            let words = random.words(at: UInt64(step))
            let result = try prepared.replica.step(
                TrainingStep(
                    plan.miniBatches(ofStep: place, epoch: epoch).map {
                        Batch(rows: order.rows[order.batch($0)], epoch: UInt64(epoch))
                    }, update: numbers[step], dropoutKey: dt_philox_key(word: (words.0, words.1))))
            if result.isSkipped {
                course.stop()
            } else {
                course.add(rates[step], result.meanLoss)
            }
            work.advance(step + 1, of: options.steps)
        }
        try prepared.replica.flush()
        return RateSearchReport(
            search: RateSearch(course, steps: options.steps), options: options,
            optimizer: settings.optimizer.name, seed: settings.seed, batch: min(stepBatch, plan.examples),
            examples: plan.examples, parameters: prepared.model.parameterCount)
    }

    /// The rates of all steps, and the update rule's numbers with them, as rank 0 computes them; collective.
    private func schedule(_ plan: RunPlan) throws -> (rates: [Double], numbers: [[Double]]) {
        let rule = settings.optimizer.rule
        let (steps, width) = (options.steps, rule.scalarCount + 1)
        var all = Array(repeating: 0.0, count: steps * width)
        if prepared.cluster.rank == 0 {
            for step in 0..<steps {
                let share = Double(step) / Double(steps - 1)
                // The ends are the numbers that were asked for.
                let rate =
                    step + 1 == steps
                    ? options.highest : options.lowest * pow(options.highest / options.lowest, share)
                let scalars = rule.scalars(
                    step: step + 1, learningRate: rate,
                    momentum: prepared.rates.momentum(step: step, in: plan.shape))
                all.replaceSubrange(step * width..<(step + 1) * width, with: [rate] + scalars)
            }
        }
        try prepared.cluster.world.broadcast(&all, root: 0)
        return (
            (0..<steps).map { all[$0 * width] },
            (0..<steps).map { Array(all[$0 * width + 1..<($0 + 1) * width]) }
        )
    }
}
