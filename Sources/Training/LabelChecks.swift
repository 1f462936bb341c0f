import DataParallel
import Datasets
import Layers
import Messages

/// Checks of labels against the loss and the model; errors name the file of the labels.
package enum LabelChecks {
    /// Throws if a loss that needs classes gets numbers, and says what the numbers look like.
    package static func classes(_ examples: StoredExamples, of source: DatasetSource, loss: Loss) throws {
        guard loss.function.needsClasses, let targets = examples.targets, source.task == nil else { return }
        let width = targets.count / examples.layout.count
        if width > 1 { return }
        guard let index = targets.firstIndex(where: { $0 < 0 || $0.rounded() != $0 }) else { return }
        let place = source.place(ofLabel: index)
        throw TrainingError(
            .configuration,
            "label \(targets[index]) of example \(place.example) is no class, \(place.path), \(loss.name) needs class labels, whole numbers from 0: correct it, or use loss: mse for numbers to predict",
            about: .file(source.labelsName))
    }

    /// Whether a data set's numeric targets are rows of a single 1 and otherwise zeros.
    package static func areOneHot(_ examples: StoredExamples) -> Bool {
        guard let targets = examples.targets, examples.layout.labelWidth > 1 else { return false }
        return stride(from: 0, to: targets.count, by: examples.layout.labelWidth).allSatisfy { start in
            let row = targets[start..<start + examples.layout.labelWidth]
            return row.allSatisfy { $0 == 0 || $0 == 1 } && row.reduce(0, +) == 1
        }
    }

    /// Throws if a loss that compares distributions gets numbers that are none: a row of them, for each position its own, is to
    /// sum to 1.
    package static func distributions(
        _ examples: StoredExamples, of source: DatasetSource, model: TracedModel
    ) throws {
        guard model.loss.function.comparesDistributions, let targets = examples.targets else { return }
        let (width, rows) = (examples.layout.labelWidth, model.rowCount)
        let isFirst = model.outputs(repeating: [0, 1]).prefix(2) == [0, 0]
        let (classes, lengths) = (width / rows, rows > 1 ? examples.lengths : nil)
        for example in 0..<examples.layout.count {
            for row in 0..<(lengths.map { Int($0[example]) } ?? rows) {
                var sum = 0.0
                for place in 0..<classes {
                    let index = isFirst ? place * rows + row : row * classes + place
                    sum += Double(targets[example * width + index])
                }
                guard abs(sum - 1) > 1e-3 else { continue }
                let place = source.place(ofLabel: example)
                throw TrainingError(
                    .configuration,
                    "the \(classes) targets of example \(place.example) sum to \(Float(sum)), \(place.path), \(model.loss.name) takes class labels, or probabilities that sum to 1: use loss: mse for numbers to predict",
                    about: .file(source.labelsName))
            }
        }
    }

    /// The error for a model with fewer outputs than the data has classes, with a likely reason found in the labels.
    package static func explained(
        _ error: ModelError, _ examples: StoredExamples, of source: DatasetSource, loss: Loss
    ) -> ModelError {
        guard case .classes(let output) = error.subject, let labels = examples.classes,
            let count = examples.layout.classCount
        else { return error }
        let found = "the model ends with shape \(output), the data has \(phrase(ofClassesIn: examples))"
        let regression =
            "if labels are numbers to predict, set task: regression"
            + (loss.function.comparesNumbers ? "" : ", a loss such as mse")
            + " and end the model with linear: 1"
        if areManyNumbers(examples.layout) {
            return ModelError(
                "\(found) in \(counted(examples.layout.count, "example")): \(regression)",
                about: error.subject)
        }
        var advice = "\(found): end it with linear: \(count)"
        let names = examples.layout.classNames
        if let names {
            let shown = names.prefix(mostNames).map { "\"\(shortened($0))\"" }.joined(separator: ", ")
            advice += "; the classes are \(shown)" + (names.count > mostNames ? ", ..." : "")
            for (name, number) in missing(among: labels, names: names) {
                advice +=
                    "; \"\(name)\", if it stands for a missing value, is in \(counted(number, "row")) to remove"
            }
        } else if let index = labels.firstIndex(of: Int32(count - 1)) {
            let place = source.place(ofLabel: index)
            advice +=
                ", unless the label \(count - 1) is a mistake, which example \(place.example) of \(place.path) is the first to have"
        }
        if loss.function.comparesNumbers, areNumbers(examples.layout) { advice += "; \(regression)" }
        return ModelError(advice, about: error.subject)
    }

    /// The number of classes in words or, if labels skip some numbers, the largest label.
    package static func phrase(ofClassesIn examples: StoredExamples) -> String {
        guard let count = examples.layout.classCount, let labels = examples.classes else {
            return "no classes"
        }
        // Named classes were counted; otherwise the largest label decides the number of classes.
        guard examples.layout.classNames == nil, let largest = labels.max(), Int(largest) == count - 1,
            Set(labels).count < count
        else { return counted(count, "class") }
        return "labels up to \(largest)"
    }

    /// Whether the classes are so many different numbers that they are probably not classes.
    package static func areManyNumbers(_ layout: DatasetLayout) -> Bool {
        guard let count = layout.classCount, areNumbers(layout) else { return false }
        return count > mostNames && count > layout.count / 2
    }

    private static func areNumbers(_ layout: DatasetLayout) -> Bool {
        layout.classNames?.allSatisfy { Int($0) != nil } ?? true
    }

    /// The classes whose names mean a missing value in tables, and how many examples have them.
    package static func missing(
        among labels: UnsafeBufferPointer<Int32>, names: [String]
    ) -> [(name: String, count: Int)] {
        names.enumerated().compactMap { place, name in
            guard missingNames.contains(name.lowercased()) else { return nil }
            return (name, labels.reduce(0) { $0 + (Int($1) == place ? 1 : 0) })
        }
    }

    private static func shortened(_ name: String) -> String {
        name.count > 40 ? "\(name.prefix(40))..." : name
    }

    /// How pandas and R write missing values, in lower case.
    private static let missingNames: Set = [
        "na", "n/a", "<na>", "#na", "#n/a", "#n/a n/a", "nan", "-nan", "null", "none", "?", "1.#ind",
        "-1.#ind",
        "1.#qnan", "-1.#qnan",
    ]

    /// The most classes that a message lists, more than most data sets have.
    private static let mostNames = 20
}
