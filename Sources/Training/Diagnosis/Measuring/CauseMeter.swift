import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers

/// Takes the measurements that tell which part of a run is to blame. Each is taken only if those before leave a
/// question, so that a healthy run costs only some evaluations of a sample. Collective; all ranks get the same result.
final class CauseMeter {
    let cluster: Cluster
    let settings: TrainingSettings
    let options: DiagnosisOptions
    let data: CauseData
    /// The weights to examine, on rank 0, by the places of the model's variables.
    let weights: [[Float]]?
    /// Whether there are weights; the same on all ranks.
    let hasWeights: Bool
    /// How the run went; nil of weights alone.
    private(set) var course: RunCourse? { didSet { measured.course = course } }
    let work: CauseProgress
    /// A sample of the training examples, in two parts: models are trained on the one, and measured on the other.
    let fitted: [Int32]
    let held: [Int32]
    /// The measurements so far.
    var measured = Measurements()

    /// - Parameters:
    ///   - weights: On rank 0, the weights; nil there where there are none, and elsewhere.
    ///   - edge: The rate ÷ the largest stable one at these weights, where that is known.
    init(
        _ data: CauseData, weights: [[Float]]?, hasWeights: Bool, course: RunCourse?, edge: Double?,
        _ settings: TrainingSettings, _ options: DiagnosisOptions, on cluster: Cluster,
        _ progress: ProgressLine
    ) throws {
        self.data = data
        self.weights = weights
        self.hasWeights = hasWeights
        self.course = course
        self.settings = settings
        self.options = options
        self.cluster = cluster
        work = CauseProgress(on: progress)
        // Steps and evaluations are those of the run.
        try cluster.check(settings.precision, for: data.model, withoutProducts: settings.rankWithoutBFloat16)
        let sample = CauseData.sample(data.training, max(3, options.causeExamples), seed: options.seed)
        let cut = sample.count < 3 ? sample.count : sample.count * 2 / 3
        fitted = Array(sample[..<cut])
        held = (sample.count < 3 ? fitted : Array(sample[cut...])).sorted()
        measured.course = course
        measured.edge = edge
        measured.setup = setup
    }

    private var setup: Measurements.Setup {
        var setup = Measurements.Setup()
        setup.normalization = data.scaling.normalization
        setup.normalizesInputs = data.model.normalizesInputs
        setup.usesBatchStatistics = data.model.usesBatchStatistics
        setup.hasWeightDecay = settings.optimizer.hasWeightDecay
        if case .classes(let count) = data.model.target { setup.classes = count }
        setup.isCrossEntropy = settings.loss.name == "cross_entropy"
        setup.parameters = data.model.parameterCount
        setup.trainingExamples = data.training.count
        setup.rate =
            settings.optimizer.rule.takesLearningRate
            ? course?.highestRate ?? settings.optimizer.learningRate : 0
        return setup
    }

    /// Takes the measurements that are needed, and judges them; collective.
    func find() throws -> FoundCauses {
        defer { work.end() }
        try measureScales()
        measured.constant = try constantLoss()
        if hasWeights { try measureLosses() } else { try replay() }
        try measureSignals()
        if measured.isTrainingLossHigh, course != nil {
            try measureRates()
            try measureReferences()
        }
        if ShiftedTestSet.isWorthALook(measured) { try measureShift() }
        return try Agreement.fromRoot(cluster.world) { FindingRules.judge(measured) }
    }

    /// For a run without weights: takes its first steps again to see whether they diverge, unless its metrics already
    /// show it; collective.
    private func replay() throws {
        guard knowsFirstWeights, var replayed = course, !replayed.isDiverged,
            let model = try scratch(data.model, ownTraining)
        else { return }
        let steps = options.causeSteps / 2
        work.expect(steps)
        let rate = measured.setup.rate
        replayed.isDiverged = try !model.train(from: firstWeights, steps: steps, rate: { _ in rate })
        try model.free()
        course = replayed
    }

    /// Whether the run's first weights are known: those that its seed draws.
    var knowsFirstWeights: Bool { course != nil && settings.initialWeights == nil }

    /// The run's first weights, on rank 0.
    var firstWeights: [[Float]]? {
        cluster.rank == 0 ? data.model.initialValues(seed: settings.seed) : nil
    }

    /// Examples of a mini-batch as the run's steps have them, of at most a thousand.
    var batch: Int {
        let wanted =
            settings.isFullBatch || settings.optimizer.rule.requiresFullBatch ? fitted.count : settings.batch
        return max(1, min(wanted, fitted.count, settings.isFullBatch ? fitted.count : 1024))
    }

    /// A model on the sample of training examples; nil where its batch norm would have single values. Collective.
    func scratch(_ model: TracedModel, _ training: ScratchModel.Training) throws -> ScratchModel? {
        do { try Replica.check(model, batch: training.batch, shards: settings.shardCount) } catch {
            return nil
        }
        return try ScratchModel(
            model,
            ScratchModel.Examples(
                maker: data.maker(data.training, cluster), fitted: fitted, held: held), training, settings,
            on: cluster, work)
    }

    /// How the run trains.
    var ownTraining: ScratchModel.Training {
        ScratchModel.Training(
            rule: settings.optimizer.rule, noDecay: settings.optimizer.noDecay, clipping: settings.clipping,
            batch: batch)
    }

    /// An evaluation of rows of a part, with the parameters of `state`; collective.
    func evaluator(
        _ state: ModelState, of part: PreparedData.Part, rows: [Int32]
    ) throws -> Evaluator {
        try Evaluator(
            cluster: cluster, state: state,
            order: EpochOrder(
                inOrder: part.dataset.examples.layout.count, subset: rows,
                batchSize: max(1024, 32 * settings.shardCount)),
            maker: data.maker(part, cluster), shards: settings.shardCount, workers: settings.workers,
            precision: settings.precision)
    }
}

extension OptimizerConfiguration {
    /// Whether weights decay, through the gradient or beside it.
    var hasWeightDecay: Bool {
        options.contains { option in
            guard option.name == "weight_decay" else { return false }
            switch option.value {
            case .number(let value): return value > 0
            case .whole(let value): return value > 0
            default: return false
            }
        }
    }
}
