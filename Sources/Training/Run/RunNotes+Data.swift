import Datasets
import Messages

/// Notes on training data that stand in the way of training.
extension RunNotes {
    /// What is odd about the examples themselves and their order.
    var dataOddities: [String] {
        largeLimits + [words, cutLines, oneHotLabels, repetitions, sortedLabels].compactMap { $0 }
    }

    /// The columns of a table that are words, which may have been meant as numbers or names.
    private var words: String? {
        let layout = run.data.training.dataset.examples.layout
        guard let columns = layout.wordColumns else { return nil }
        let names = columns.prefix(20).map { column in
            let name = layout.featureNames.map { "\"\($0[column.column])\"" } ?? "feature \(column.column)"
            return "\(name) (\(column.words.count))"
        }
        return
            "columns of words have a feature for each word: \(names.joined(separator: ", "))\(columns.count > 20 ? ", ..." : ""), \(run.data.training.dataset.name); other words count as none"
    }

    /// Probabilities that are all 0 or 1, which are classes with less to say.
    private var oneHotLabels: String? {
        let (training, loss) = (run.data.training.dataset, run.settings.loss)
        guard loss.function.comparesDistributions, LabelChecks.areOneHot(training.examples) else {
            return nil
        }
        let classes = counted(training.examples.layout.labelWidth, "class")
        return
            "the labels are one-hot rows of \(classes), \(training.source.labelsName), taken as probabilities: as class indices, of numpy.argmax(labels, axis=1), they would have an accuracy"
    }

    /// Lines of text that are longer than examples.
    private var cutLines: String? {
        let layout = run.data.training.dataset.examples.layout
        guard layout.cutExamples > 0 else { return nil }
        return
            "\(layout.cutExamples) of \(counted(layout.count, "line")) are longer than data.train.length, \(layout.width): the rest of them is left out, \(run.data.training.dataset.name)"
    }

    /// Limits above the sizes of their data sets.
    private var largeLimits: [String] {
        var parts: [(key: String, part: PreparedData.Part?)] = [
            ("data.train", run.data.training), ("data.test", run.data.test),
        ]
        if case .files = run.settings.data.validation {
            parts.append(("data.validation", run.data.validation))
        }
        return parts.compactMap { key, part in
            guard let part, let limit = part.dataset.source.exampleLimit else { return nil }
            let count = part.dataset.examples.layout.count
            guard limit > count else { return nil }
            return
                "\(key).limit is \(limit), there are only \(counted(count, "example")), \(part.dataset.name): all are used"
        }
    }

    /// Training examples that repeat another one; not looked for in large data sets.
    private var repetitions: String? {
        let (training, layout) = (run.data.training, run.data.training.dataset.examples.layout)
        guard layout.featureBytes <= RepeatedExamples.mostBytes else { return nil }
        let found = RepeatedExamples(training.dataset.examples, rows: training.rows)
        guard found.repeated > 0 else { return nil }
        let all = training.count
        let tenths = (1000 * found.repeated + all / 2) / all
        let share = tenths == 0 ? "below 0.1 %" : "\(tenths / 10).\(tenths % 10) %"
        let verb = found.repeated == 1 ? "repeats" : "repeat"
        let others =
            found.relabelled == 0
            ? ""
            : "; \(found.relabelled) more \(found.relabelled == 1 ? "has" : "have") the features of another one with another label"
        return
            "\(found.repeated) of \(counted(all, "training example")) (\(share)) \(verb) another one, \(training.dataset.name)\(others)"
    }

    /// Training examples in the order of their classes, which are not shuffled.
    private var sortedLabels: String? {
        let training = run.data.training
        guard run.settings.data.shuffle == .none, let batch = run.settings.batchIfAny,
            training.count > batch, let labels = training.dataset.examples.classes
        else { return nil }
        var seen = Array(repeating: false, count: training.dataset.examples.layout.classCount ?? 1)
        var (classes, last) = (0, Int32(-1))
        for place in 0..<training.count {
            let label = labels[training.rows.map { Int($0[place]) } ?? place]
            guard label != last else { continue }
            // The class has ended before.
            if seen[Int(label)] { return nil }
            seen[Int(label)] = true
            (classes, last) = (classes + 1, label)
        }
        // Examples that are each of a class of their own are in no order of classes.
        guard classes >= 2, 2 * classes <= training.count else { return nil }
        return
            "the training examples are sorted by their \(classes) classes and not shuffled: mini-batches of one class pull the weights to and fro: set data.shuffle to epoch"
    }
}
