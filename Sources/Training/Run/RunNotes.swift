import DataParallel
import Datasets
import Layers
import Messages
import Optimizers

/// Notes on what is odd about a model or its data, though training is possible.
struct RunNotes {
    let run: RunPreparation
    private var settings: TrainingSettings { run.settings }
    private var data: PreparedData { run.data }
    private var model: TracedModel { run.model }

    /// All notes before the first step.
    var all: [String] { [chosenBatch].compactMap { $0 } + slowness + oddities }

    /// What mini-batch the run has chosen, and what it has left alone.
    private var chosenBatch: String? {
        guard let choice = run.batchChoice else { return nil }
        let rate =
            settings.optimizer.rule.takesLearningRate
            ? "; the learning rate, which goes with it, was not changed: dtrain lr-find looks for one" : ""
        return "mini-batches of \(counted(choice.batch, "example")), \(choice.reason)\(rate)"
    }

    /// What makes the run slower than the machine could be.
    private var slowness: [String] {
        let (cluster, shards) = (run.cluster, settings.shardCount)
        var notes: [String] = []
        if cluster.detectedInstructionSet != cluster.instructionSet {
            notes.append(
                "all ranks run \(cluster.instructionSet.rawValue), the lowest set among them or the one set")
        }
        if let note = cluster.spareWorkers(settings.workers, shards: shards) { notes.append(note) }
        if shards % cluster.size != 0 {
            let most = (shards + cluster.size - 1) / cluster.size
            notes.append(
                "\(cluster.size) ranks do not divide \(shards) shards: speed is that of \(most) shards per rank"
            )
        }
        return notes
    }

    /// Notes on what the user may not have meant.
    private var oddities: [String] {
        [
            model.superfluousEnd, largeBatch, fewForStatistics, fewForHessian, singleClass, manyClasses,
            spareOutputs, channelsLast, singlePrecision,
        ].compactMap { $0 } + missingLabels + dataOddities
    }

    /// What is computed in float32 although steps are not.
    private var singlePrecision: String? {
        guard settings.precision != .float32 else { return nil }
        let parts = [
            settings.curvatureSteps.map { _ in "logging.curvature" },
            settings.onPlateau.map { _ in "training.on_plateau" },
        ].compactMap { $0 }
        guard !parts.isEmpty else { return nil }
        return
            "training.precision is \(settings.precision.rawValue), but curvature is always float32's: \(parts.joined(separator: ", "))"
    }

    /// A mini-batch larger than the training set.
    private var largeBatch: String? {
        guard let batch = settings.batchIfAny, batch > data.training.count else { return nil }
        return
            "training.batch is \(batch), there are only \(counted(data.training.count, "training example")): every epoch is a single step"
    }

    /// Batch norm whose statistics are of so few examples that they are mostly noise: with synchronization those of a
    /// mini-batch, without it those of a shard. Errors rise below about 16 (Wu and He, "Group Normalization", 2018,
    /// figure 1; Ioffe, "Batch Renormalization", 2017).
    private var fewForStatistics: String? {
        let plan = RunPlan(settings, examples: data.training.count)
        guard let batch = plan.batches.min(),
            let fewest = Replica.batchNormExamples(model, batch: batch, shards: settings.shardCount),
            fewest.count < Self.fewExamples
        else { return nil }
        let whole = fewest.isShard ? "a shard of a mini-batch of \(batch)" : "a mini-batch"
        return
            "batch norm takes its statistics of \(counted(fewest.count, "example")), \(whole): below about \(Self.fewExamples) they are mostly noise, so \(fewest.isShard ? "set sync: true, or " : "")take larger mini-batches, group_norm or batch_renorm"
    }

    /// Newton's method on mini-batches far smaller than its products with the Hessian need. For a gradient some 100
    /// examples do, for a Hessian some 10,000 (Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 8.1.3).
    private var fewForHessian: String? {
        guard settings.optimizer.rule is NewtonCG, let batch = settings.batchIfAny else { return nil }
        let examples = min(batch * settings.accumulate, data.training.count)
        guard examples < min(Self.hessianExamples, data.training.count) / 2 else { return nil }
        return
            "\(NewtonCG.name) takes its steps from \(counted(examples, "example")) of \(data.training.count): a Hessian takes some \(Self.hessianExamples) where a gradient takes 100, so raise training.batch or training.accumulate, or set training.batch to full"
    }

    /// A training set of a single class.
    private var singleClass: String? {
        let examples = data.training.dataset.examples
        guard let labels = examples.classes else { return nil }
        let first = labels[data.training.rows.map { Int($0[0]) } ?? 0]
        let isSame =
            data.training.rows?.allSatisfy { labels[Int($0)] == first } ?? labels.allSatisfy { $0 == first }
        guard isSame else { return nil }
        let name = examples.layout.classNames.map { "\"\($0[Int(first)])\"" } ?? "\(first)"
        return
            "all \(data.training.count) training examples are of class \(name), \(data.training.dataset.source.labelsName): there is nothing to tell apart"
    }

    /// Labels with so many values that they are probably numbers, though the loss compares them as classes.
    private var manyClasses: String? {
        let examples = data.training.dataset.examples
        let layout = examples.layout
        guard settings.loss.function.comparesNumbers, LabelChecks.areManyNumbers(layout) else { return nil }
        return
            "the labels are taken as classes, \(LabelChecks.phrase(ofClassesIn: examples)) in \(counted(layout.count, "example")), \(data.training.dataset.source.labelsName), which \(settings.loss.name) compares as one-hot rows: set task: regression if they are numbers to predict"
    }

    /// Outputs for classes that there are no examples of.
    private var spareOutputs: String? {
        guard case .classes(let classes) = data.target, model.outputShape.count == 1,
            !settings.loss.function.isBinary(output: model.outputShape, target: data.target),
            singleClass == nil, manyClasses == nil
        else { return nil }
        let outputs = model.outputShape[0]
        guard outputs > classes else { return nil }
        let spare =
            outputs == classes + 1
            ? "output \(classes) never occurs" : "outputs \(classes) to \(outputs - 1) never occur"
        return
            "the model has \(outputs) outputs, but the labels, \(data.training.dataset.source.labelsName), are of \(classes) classes: \(spare); end the model with linear: \(classes) unless such examples are to come"
    }

    /// Images whose last dimension seems to be channels, in front of a convolution that expects them first.
    private var channelsLast: String? {
        let shape = data.exampleShape
        guard shape.count == 3, [1, 3, 4].contains(shape[2]), let channels = model.firstConvolutionChannels
        else { return nil }
        let least = min(shape[0], shape[1])
        guard shape[0] == shape[1] ? least > shape[2] : shape[2] > 1 && least >= 8 * shape[2] else {
            return nil
        }
        let text = shape.map(String.init).joined(separator: ", ")
        return
            "examples of shape (\(text)), \(data.training.dataset.name), look like images with their channels last, of which the convolution takes \(channels): if so, save numpy.transpose(x, (0, 3, 1, 2))"
    }

    /// Class names that tables usually write for a missing value.
    private var missingLabels: [String] {
        let examples = data.training.dataset.examples
        guard let labels = examples.classes, let names = examples.layout.classNames else { return [] }
        return LabelChecks.missing(among: labels, names: names).map { name, count in
            "the label \"\(name)\" counts as a class of its own, in \(count) of \(counted(examples.layout.count, "example")), \(data.training.dataset.name): remove these rows if it stands for a missing value"
        }
    }

    /// Advice for a diverged run whose targets are so large that they may be the cause; nil if they are small, or if
    /// the run has gone well for longer than an epoch and `firstSteps`.
    func largeTargets(_ progress: RunProgress) -> String? {
        guard progress.epoch == 0 || progress.step <= Self.firstSteps, let targets,
            targets.size >= Self.largeTarget
        else { return nil }
        return "the targets are large, of \(targets.text): scale them, to mean 0 and deviation 1 say"
    }

    /// A note that predictions are worse than the targets' mean (R² < 0), if the size of the targets may be why.
    ///
    /// - Parameter trainingLoss: The mean loss of the last epoch's steps, if this process has ended one.
    func unlearnedTargets(_ evaluations: RunEvent.Evaluations, trainingLoss: Double?) -> String? {
        guard let r2 = trainingR2(evaluations, trainingLoss), r2 < 0, let targets,
            targets.size >= Self.largeTarget || targets.size <= Self.smallTarget
        else { return nil }
        let (move, raise) =
            settings.optimizer.rule.takesLearningRate
            ? ("move by about optimizer.lr per step", "raise optimizer.lr")
            : ("no step is longer than the trust region", "take more steps")
        return
            "R² is \(ProgressReporter.significant(r2, 3)), worse than the mean of the targets would do, which are of \(targets.text): outputs start near 0 and \(move), so train on targets in another unit, scaled to mean 0 and deviation 1 say, or \(raise)"
    }

    /// R² of the training set or, if that was not evaluated, R² computed from the last epoch's loss; else R² of other
    /// data.
    private func trainingR2(_ evaluations: RunEvent.Evaluations, _ loss: Double?) -> Double? {
        if let r2 = evaluations.training?.totals?.value(of: .r2) { return r2 }
        if settings.loss.name == "mse", model.outputShape == [1], let loss, let targets, targets.deviation > 0
        {
            return 1 - loss / (targets.deviation * targets.deviation)
        }
        return evaluations.validation?.totals?.value(of: .r2) ?? evaluations.test?.totals?.value(of: .r2)
    }

    /// The mean and deviation of the targets, and as `size` the larger magnitude; nil where targets are classes.
    private var targets: (mean: Double, deviation: Double, size: Double, text: String)? {
        guard let targets = data.training.dataset.examples.targets, targets.count > 0 else { return nil }
        let mean = targets.reduce(0) { $0 + Double($1) } / Double(targets.count)
        let squares = targets.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = (squares / Double(targets.count)).squareRoot()
        return (
            mean, deviation, max(mean.magnitude, deviation),
            "mean \(ProgressReporter.significant(mean, 4)) and deviation \(ProgressReporter.significant(deviation, 4)), \(data.training.dataset.source.labelsName)"
        )
    }

    /// Examples below which the statistics of batch norm are mostly noise.
    private static let fewExamples = 16
    /// Examples that an estimate of the Hessian takes.
    private static let hessianExamples = 10_000
    /// The first steps of a run, in which large targets may make it diverge.
    private static let firstSteps = 100
    /// Features have a deviation of about 1, so outputs this large need large weights and gradients.
    private static let largeTarget = 100.0
    /// Targets this small are hidden by the outputs of a model with its initial weights.
    private static let smallTarget = 0.01
}
