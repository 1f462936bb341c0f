import Files
import Foundation
import Messages

/// A quick summary of a run, from its folder.
///
/// It is made for lists of many runs: of the metrics only the lines of epochs, of evaluations and the last line are
/// parsed, and a checkpoint is opened only if the metrics do not tell whether the run has ended.
package struct RunSummary: Sendable, Equatable {
    /// What has become of a run.
    package enum State: String, Sendable {
        case finished, running, stopped, diverged
        case noMetrics = "no_metrics"
    }

    /// The run's folder.
    package let path: String
    package let state: State
    /// The limit that has stopped it; nil for a run that goes on, has ended or was stopped otherwise.
    package let limit: RunEvent.Limit?
    /// The number of optimizer steps taken, as far as metrics and checkpoints tell.
    package let step: Int?
    /// The number of completed epochs, and of all epochs if the configuration is known.
    package let epoch: Int
    package let epochs: Int?
    /// The mean training loss of the last epoch, and the lowest of all epochs; nil before the end of the first.
    package let trainingLoss: Double?
    package let bestTrainingLoss: Double?
    /// The evaluations of the last weights.
    package let evaluations: RunEvent.Evaluations
    /// Seconds since the start, or since the last resume.
    package let seconds: Double?
    /// The model in a few words; nil without a configuration.
    package let model: String?

    /// Reads the run in a folder.
    package init(folder: String) throws {
        path = folder
        var last: ArraySlice<UInt8>?
        var lastEpoch: RunEvent.Epoch?
        var lastEvaluation: RunEvent.Epoch?
        var end: RunEvent.End?
        var best: Double?
        try MetricsFile.forEachLine(inFile: "\(folder)/\(RunFolder.metricsName)") { line in
            last = line
            if MetricsFile.isLine(line, of: "evaluation"),
                case .evaluation(let evaluation)? = MetricsFile.event(line)
            {
                lastEvaluation = evaluation
            }
            guard MetricsFile.isLine(line, of: "epoch"), case .epoch(let epoch)? = MetricsFile.event(line)
            else { return }
            (lastEpoch, lastEvaluation) = (epoch, epoch)
            if epoch.trainingLoss.isFinite { best = min(best ?? .infinity, epoch.trainingLoss) }
        }
        let lastEvent = MetricsFile.event(last)
        if case .end(let event)? = lastEvent { end = event }
        let outline = try ConfigurationOutline(folder: folder)
        (epochs, model) = (outline.epochs, outline.model)
        epoch = end?.epoch ?? lastEpoch?.epoch ?? 0
        evaluations = end?.evaluations ?? lastEvaluation?.evaluations ?? RunEvent.Evaluations()
        trainingLoss = lastEpoch?.trainingLoss
        bestTrainingLoss = best
        seconds = lastEvent?.fields.lazy.compactMap(Self.seconds).first
        let newest = CheckpointCatalogue("\(folder)/\(RunFolder.checkpointsName)").steps.last
        step = [lastEvent.flatMap(Self.step), newest].compactMap(\.self).max()
        state =
            FolderLock.isHeld(folder)
            ? .running
            : lastEvent == nil && step == nil
                ? .noMetrics
                : Self.hasEnded(folder, end, of: outline.epochs, newest: newest)
                    ? .finished : Self.isDiverged(lastEvent) ? .diverged : .stopped
        limit = state == .stopped ? end?.stopped : nil
    }

    private static func seconds(_ field: RunEvent.Field) -> Double? {
        if field.name == "seconds", case .number(let value) = field.value { value } else { nil }
    }

    private static func step(_ event: RunEvent) -> Int? {
        event.fields.lazy.compactMap { field in
            guard ["step", "steps"].contains(field.name), case .count(let step) = field.value else {
                return nil
            }
            return step
        }.first
    }

    /// Whether a run has ended by itself. A run that was stopped after some steps has an "end" line too.
    private static func hasEnded(_ folder: String, _ end: RunEvent.End?, of epochs: Int?, newest: Int?)
        -> Bool
    {
        if let end, end.epoch >= epochs ?? 0 { return true }
        let catalogue = CheckpointCatalogue("\(folder)/\(RunFolder.checkpointsName)")
        let checkpoint = newest.flatMap { try? CheckpointVerification(catalogue.folder(step: $0)) }
        return checkpoint?.state.position.isFinished ?? false
    }

    private static func isDiverged(_ event: RunEvent?) -> Bool {
        switch event {
        case .diverged: true
        case .step(let step): !step.loss.isFinite
        case .epoch(let epoch): !epoch.trainingLoss.isFinite
        default: false
        }
    }

    /// The most telling number: a metric of the test set, else of the validation set, else their loss.
    var headline: NamedNumber? {
        let sets = [("test", evaluations.test), ("validation", evaluations.validation)]
        for isLoss in [false, true] {
            for (name, evaluation) in sets {
                if let number = evaluation?.numbers.first(where: { ($0.name == "loss") == isLoss }) {
                    return NamedNumber(name: "\(name) \(number.name)", value: number.value)
                }
            }
        }
        return nil
    }

    /// The summary as one JSON object on one line; numbers have their names from metrics.jsonl.
    package var json: String {
        var line = JSONLine()
        line.add("run", path)
        line.add("state", state.rawValue)
        if let limit { line.add("stopped", limit.rawValue) }
        if let step { line.add("step", step) }
        line.add("epoch", epoch)
        if let epochs { line.add("epochs", epochs) }
        line.add("train_loss", trainingLoss)
        line.add("best_train_loss", bestTrainingLoss)
        for (prefix, evaluation) in [
            ("validation_", evaluations.validation), ("test_", evaluations.test),
        ] {
            for number in evaluation?.numbers ?? [] { line.add(prefix + number.name, number.value) }
        }
        line.add("seconds", seconds)
        if let model { line.add("model", model) }
        return line.line
    }

    /// The columns of a line: path, state, epochs, training loss, metric, seconds, model.
    private var cells: [String] {
        func text(_ value: Double) -> String { ProgressReporter.significant(value, 4) }
        let place =
            switch state {
            case .finished, .running: state.rawValue
            case .stopped:
                "stopped at step \(step ?? 0)" + (limit.map { ", \($0.rawValue)" } ?? "")
            case .diverged: "diverged at step \(step ?? 0)"
            case .noMetrics: "no metrics"
            }
        let loss = trainingLoss.map { last in
            "train loss \(text(last))"
                + (bestTrainingLoss.map { $0 < last || !last.isFinite ? " (best \(text($0)))" : "" } ?? "")
        }
        return [
            path, place, epochs.map { "\(epoch) of \(counted($0, "epoch"))" } ?? counted(epoch, "epoch"),
            loss ?? "", headline.map { "\($0.name) \(text($0.value))" } ?? "",
            seconds.map { "\(ProgressReporter.fixed($0, 1)) s" } ?? "", model ?? "",
        ]
    }

    /// A line for each run, in aligned columns.
    package static func table(_ runs: [RunSummary]) -> String {
        let rows = runs.map { $0.cells.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") } }
        guard let first = rows.first else { return "" }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = zip(row, widths).filter { $0.1 > 0 }
                .map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
