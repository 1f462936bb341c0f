import DataParallel
import Foundation

/// What a run says of itself: lines of metrics, and lines for a person.
extension TrainingRun {
    /// Whole mini-batches trained on by this process.
    var stepsTaken: Int { trainedExamples / max(1, settings.batch) }
    /// Training examples a second, steps alone.
    var samplesPerSecond: Double {
        trainingSeconds > 0 ? Double(trainedExamples) / trainingSeconds : 0
    }
    /// Seconds since the start.
    var elapsed: Double { ProcessInfo.processInfo.systemUptime - start }

    /// Appends a step to the metrics.
    func logStep(_ result: Replica.StepResult) throws {
        var line = JSONLine()
        line.add("event", "step")
        line.add("step", position.step)
        line.add("epoch", position.epoch + 1)
        line.add("loss", result.lossSum / Double(result.count))
        line.add("lr", learningRate(position.step - 1))
        line.add("gradient_norm", result.gradientNorm)
        line.add("samples_per_second", samplesPerSecond)
        line.add("seconds", elapsed)
        try metrics?.append(line)
    }

    /// Shows a step on a terminal.
    func drawBar(_ result: Replica.StepResult) {
        guard cluster.rank == 0 else { return }
        reporter.bar(
            epoch: position.epoch + 1, epochs: settings.epochs,
            fraction: Double(position.batch) / Double(stepsPerEpoch),
            loss: result.lossSum / Double(result.count),
            samplesPerSecond: samplesPerSecond,
            remaining: Double(totalSteps - position.step) * trainingSeconds / Double(max(1, stepsTaken)))
    }

    /// Adds an evaluation's numbers to a line of metrics; details are those of each class.
    static func add(_ evaluated: Evaluated, to line: inout JSONLine, withDetails: Bool = false) {
        for (prefix, totals) in [("validation_", evaluated.validation), ("test_", evaluated.test)] {
            guard let totals else { continue }
            line.add(totals, prefix: prefix)
            if withDetails { line.addDetails(totals, prefix: prefix) }
        }
        line.add("evaluation_samples_per_second", evaluated.samplesPerSecond)
    }

    /// An evaluation in words.
    static func describe(_ evaluated: Evaluated) -> String {
        (evaluated.validation.map { "  validation" + describe($0) } ?? "")
            + (evaluated.test.map { "  test" + describe($0) } ?? "")
    }

    /// Loss and metrics in words.
    static func describe(_ totals: Evaluator.Totals) -> String {
        totals.numbers.map { " \($0.name) \(ProgressReporter.fixed($0.value, 4))" }.joined()
    }

    /// Says what is about to run, and what slows it down.
    func announce() {
        let parameters = model.variables.filter(\.isTrainable).map { $0.shape.reduce(1, *) }.reduce(0, +)
        let workers = settings.workers ?? cluster.defaultWorkers
        reporter.line(
            "dtrain: \(ProgressReporter.number(Double(data.training.count))) examples, "
                + "\(ProgressReporter.number(Double(parameters))) parameters, \(cluster.size) ranks x \(workers) workers, "
                + "\(settings.shards) shards, \(cluster.instructionSet.rawValue)")
        if cluster.detectedInstructionSet != cluster.instructionSet {
            reporter.line(
                "dtrain: note: all ranks run \(cluster.instructionSet.rawValue), the lowest set among them or the one set"
            )
        }
        if settings.shards % cluster.size != 0 {
            let most = (settings.shards + cluster.size - 1) / cluster.size
            reporter.line(
                "dtrain: note: \(cluster.size) ranks do not divide \(settings.shards) shards: speed is that of \(most) shards per rank"
            )
        }
    }
}
