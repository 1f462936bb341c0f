import DataParallel
import Datasets
import Layers
import Messages

/// What can be said of a run that is ready for its first step, which is not taken; nothing is written.
struct RunCheck {
    let prepared: RunPreparation
    private var data: PreparedData { prepared.data }
    private var settings: TrainingSettings { prepared.settings }

    /// Checks what only a run that writes needs, and prints what was found and all notes; collective.
    func run() throws {
        var writing = settings
        writing.isDryRun = false
        try RunPreparation.checkRoomForFiles(prepared.replica, writing)
        guard let terminal = prepared.terminal else { return }
        for (name, text) in found {
            terminal.line(name + String(repeating: " ", count: 11 - name.count) + text)
        }
        let notes = RunNotes(run: prepared).all
        for note in notes { terminal.take(.note(note)) }
        terminal.line(
            "check: ready for the first step, \(notes.isEmpty ? "no notes" : counted(notes.count, "note")); nothing was written"
        )
    }

    /// The page: what each line is about, and what was found.
    private var found: [(name: String, text: String)] {
        let training = data.training
        var lines = [
            (
                "training",
                "\(examples(training)) of shape \(Self.text(data.exampleShape)), \(training.dataset.name)"
            ),
            ("labels", labels),
        ]
        if let validation = data.validation {
            let isPart = validation.dataset === training.dataset
            lines.append(
                (
                    "validation",
                    "\(examples(validation)), \(isPart ? "a part of the same" : validation.dataset.name)"
                ))
        }
        if let test = data.test { lines.append(("test", "\(examples(test)), \(test.dataset.name)")) }
        let parameters = counted(Self.number(prepared.model.parameterCount), "parameter")
        lines.append(("features", "normalization \(settings.data.normalization.name)"))
        lines.append(
            ("model", "\(parameters), output of shape \(Self.text(prepared.model.outputShape))"))
        lines.append(("loss", settings.loss.name))
        lines.append(("optimizer", optimizer))
        lines.append(("steps", steps))
        lines.append(("results", RunFolder.free(settings.output)))
        return lines
    }

    private func examples(_ part: PreparedData.Part) -> String {
        counted(Self.number(part.count), "example")
    }

    /// The classes and how many training examples the rarest and the most frequent have, or the range of targets.
    private var labels: String {
        let (training, layout) = (data.training, data.training.dataset.examples.layout)
        let rows = training.rows?.map(Int.init) ?? Array(0..<layout.count)
        if let classes = training.dataset.examples.classes {
            var counts = Array(repeating: 0, count: layout.classCount ?? 1)
            for row in rows { counts[Int(classes[row])] += 1 }
            let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
            let share = least == most ? Self.number(least) : "\(Self.number(least)) to \(Self.number(most))"
            return "\(counted(counts.count, "class")) of \(share) examples"
        }
        guard let targets = training.dataset.examples.targets else { return "none" }
        let width = targets.count / layout.count
        let values = rows.flatMap { targets[$0 * width..<($0 + 1) * width] }
        let range = [values.min() ?? 0, values.max() ?? 0].map {
            ProgressReporter.significant(Double($0), 4)
        }
        return "\(counted(width, "number")) to predict, from \(range[0]) to \(range[1])"
    }

    private var optimizer: String {
        let (optimizer, rates) = (settings.optimizer, prepared.rates)
        guard optimizer.rule.takesLearningRate else { return optimizer.name }
        let rate = ProgressReporter.significant(rates.scale * rates.baseRate, 4)
        return "\(optimizer.name), learning rate \(rate), schedule \(rates.shape.name)"
    }

    private var steps: String {
        let plan = RunPlan(settings, examples: data.training.count)
        let sizes = [plan.batches.min() ?? 1, plan.largestBatch]
        let batch = sizes[0] == sizes[1] ? "\(sizes[0])" : "\(sizes[0]) to \(sizes[1])"
        let steps = counted(Self.number(plan.totalSteps), "step")
        return
            "\(steps) in \(counted(plan.batches.count, "epoch")), mini-batches of \(batch) in \(counted(settings.shardCount, "shard"))"
    }

    private static func text(_ shape: [Int]) -> String {
        "(\(shape.map(String.init).joined(separator: ", ")))"
    }

    private static func number(_ count: Int) -> String { ProgressReporter.number(Double(count)) }
}
