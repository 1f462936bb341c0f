import Datasets
import Layers
import Messages

/// What is odd about a model or its data, though it can be trained.
extension TrainingRun {
    /// Says at the start what a person may not have meant.
    func noteOddities() {
        guard cluster.rank == 0 else { return }
        let notes =
            [model.superfluousEnd, singleClass, manyClasses, channelsLast].compactMap { $0 } + missingLabels
        for note in notes { reporter.line("dtrain: note: \(note)") }
    }

    /// A training set with nothing to tell apart.
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

    /// Numbers that are compared as classes, which few of these can be.
    private var manyClasses: String? {
        let examples = data.training.dataset.examples
        let layout = examples.layout
        guard settings.loss.function.comparesNumbers, LabelChecks.areManyNumbers(layout) else { return nil }
        return
            "the labels are taken as classes, \(LabelChecks.phrase(ofClassesIn: examples)) in \(counted(layout.count, "example")), \(data.training.dataset.source.labelsName), which \(settings.loss.name) compares as one-hot rows: set task: regression if they are numbers to predict"
    }

    /// Images whose channels stand last, in front of a convolution that takes the first dimension for them.
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

    /// Names of classes that tables write where there is no value.
    private var missingLabels: [String] {
        let examples = data.training.dataset.examples
        guard let labels = examples.classes, let names = examples.layout.classNames else { return [] }
        return LabelChecks.missing(among: labels, names: names).map { name, count in
            "the label \"\(name)\" counts as a class of its own, in \(count) of \(counted(examples.layout.count, "example")), \(data.training.dataset.name): remove these rows if it stands for a missing value"
        }
    }

    /// What is to be done about targets whose size makes a loss that is not finite likely; nil where they are small, or
    /// were trained on for long.
    var largeTargets: String? {
        let examples = data.training.dataset.examples
        guard position.epoch == 0 || position.step <= Self.firstSteps, let targets = examples.targets else {
            return nil
        }
        let mean = targets.reduce(0) { $0 + Double($1) } / Double(targets.count)
        let squares = targets.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = (squares / Double(targets.count)).squareRoot()
        guard max(mean.magnitude, deviation) >= Self.largeTarget else { return nil }
        return
            "the targets are large, of mean \(ProgressReporter.significant(mean, 4)) and deviation \(ProgressReporter.significant(deviation, 4)), \(data.training.dataset.source.labelsName): scale them, to mean 0 and deviation 1 say"
    }

    /// Steps in which the size of targets shows.
    private static let firstSteps = 100
    /// Features have a deviation of about 1: outputs so far from 0 take large weights, and large gradients.
    private static let largeTarget = 100.0
}
