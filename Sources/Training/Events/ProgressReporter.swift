import Cluster
import Datasets
import Foundation
import Messages

/// What a person sees of a run, on rank 0: a line of progress on a terminal, a line per epoch and evaluation, and at the end the
/// results and what to do next. It also writes the stream of events for programs that ask for it.
package final class ProgressReporter: RunSink {
    /// Where lines are written.
    let progress: ProgressLine
    private let guidance: Guidance
    /// Takes the lines of the event stream; nil if there is none.
    private let stream: ((String) -> Void)?
    /// The run's numbers of epochs and of ranks.
    private var (epochs, ranks) = (0, 1)
    /// The end of the run, once it has come.
    private var end: RunEvent.End?

    /// A reporter that prints as much as `guidance` says.
    ///
    /// - Parameters:
    ///   - start: The system's uptime when the program started, in seconds.
    ///   - line: Where lines are written; nil for the stream that suits `guidance`.
    ///   - stream: Takes the lines of the event stream.
    package init(
        _ guidance: Guidance, start: Double, line: ProgressLine? = nil,
        stream: @escaping (String) -> Void = { StandardStream.output.write($0) }
    ) {
        self.guidance = guidance
        self.stream = guidance.printing == .json ? stream : nil
        progress = line ?? ProgressLine(Self.device(guidance.printing), start: start)
    }

    private static func device(_ printing: Printing) -> LineDevice? {
        switch printing {
        case .lines: LineDevice(.output)
        // Events on the same terminal would break into a progress line.
        case .json: LineDevice(.error, isPlain: StandardStream.output.columns != nil)
        case .quiet: nil
        }
    }

    /// Whether standard output is a terminal.
    package static var writesToTerminal: Bool { StandardStream.output.columns != nil }

    /// On a terminal ten times a second; elsewhere after half a minute without another line that shows the time.
    package var wantsProgress: Bool { progress.isDue }

    package func take(_ event: RunEvent) {
        if let stream, let line = event.streamLine { stream(line.line) }
        switch event {
        case .start(let start):
            (epochs, ranks) = (start.epochs, start.ranks)
            line(
                "dtrain: \(counted(Self.number(Double(start.examples)), "example")), \(counted(Self.number(Double(start.parameters)), "parameter")), "
                    + "\(counted(start.ranks, "rank")) x \(counted(start.workers, "worker")), "
                    + "\(counted(start.shards, "shard")), \(start.instructionSet)")
        case .progress(let progress): self.progress.show(status(progress))
        case .gradients(let found):
            line(
                "dtrain: note: the gradient of \(found.parameter) is \(found.finding.rawValue) at step \(found.step): root mean square \(Self.significant(found.rootMeanSquare, 2))"
            )
        case .epoch(let epoch):
            progress.line(text("epoch \(epoch.epoch)/\(epochs)", epoch), isTimed: true)
        case .evaluation(let found):
            let place = "step \(Self.number(Double(found.step))), in epoch \(found.epoch)/\(epochs)"
            progress.line(text(place, found), isTimed: true)
        case .results(let results): report(results)
        case .note(let text): line("dtrain: note: \(text)")
        case .message(let text): line(text)
        case .end(let end): self.end = end
        case .batch, .step, .histograms, .plateau, .diverged: break
        }
    }

    /// Prints a line that is not overwritten.
    func line(_ text: String) { progress.line(text) }

    private func status(_ progress: RunEvent.Progress) -> StatusLine {
        var status = StatusLine()
        status.add("epoch \(progress.epoch)/\(epochs)", rank: 7)
        status.addBar(progress.fraction, rank: 2)
        let (step, steps) = (Self.number(Double(progress.step)), Self.number(Double(progress.steps)))
        status.add("step \(step)/\(steps)", rank: 4)
        status.add("loss \(Self.fixed(progress.loss, 4))", rank: 5)
        if let rate = progress.learningRate { status.add("lr \(Self.significant(rate, 3))", rank: 0) }
        status.add("\(Self.number(progress.samplesPerSecond)) samples/s", rank: 3)
        if let bytes = ProcessMemory.resident {
            status.add("\(ProcessMemory.text(bytes))\(ranks > 1 ? " on rank 0" : "")", rank: 1)
        }
        status.add("\(TimeText.clock(progress.remaining)) left", rank: 6)
        return status
    }

    private func text(_ place: String, _ epoch: RunEvent.Epoch) -> String {
        var text = "\(place)  train loss \(Self.fixed(epoch.trainingLoss, 4))"
        // The training loss is the mean over the steps, as in the metrics' line.
        if let training = epoch.evaluations.training { text += Self.describe(training, withLoss: false) }
        if let validation = epoch.evaluations.validation {
            text += "  validation" + Self.describe(validation)
        }
        if let test = epoch.evaluations.test { text += "  test" + Self.describe(test) }
        text += "  \(Self.number(epoch.pace.samplesPerSecond)) samples/s"
        if let left = epoch.remaining, left > 0 { text += "  \(TimeText.clock(left)) left" }
        return text
    }

    /// Prints for each set that was evaluated its numbers, then the metrics by class, and where the results are.
    private func report(_ results: RunEvent.Results) {
        line("")
        for (name, evaluation) in [
            ("train", results.evaluations.training), ("validation", results.evaluations.validation),
            ("test", results.evaluations.test),
        ] {
            guard let evaluation else { continue }
            line(name + Self.describe(evaluation))
            let classes = evaluation.totals?.classes?.present.count ?? 0
            guard classes <= Self.mostClasses else {
                line("\(name): the numbers of \(counted(classes, "class")) stand in the metrics")
                continue
            }
            let report = EvaluationReport(evaluation, data: name, classNames: results.classNames)
            for table in report.details(title: name) { line(table) }
        }
        for note in results.notes { line("dtrain: note: \(note)") }
        line("weights      \(results.weights)")
        line("metrics      \(results.metrics)")
        line(
            "checkpoints  \(results.checkpoints)  (\(results.checkpointCount) written, training waited "
                + "\(Self.fixed(results.secondsOfCopying, 2)) s for copies, "
                + "\(Self.fixed(results.secondsOfWaiting, 2)) s for the disk)")
        if let epoch = end?.bestEpoch, let value = end?.bestValue, let metric = results.watchedMetric {
            let place = end?.bestStep.map { "\(epoch), step \($0)" } ?? "\(epoch)"
            line("best epoch   \(place)  (\(metric) \(Self.fixed(value, 4)))")
        }
        line("wall time    \(TimeText.words(progress.now() - progress.start))")
        let folder = PathParts.folder(of: results.weights)
        let next = guidance.wording.nextSteps(output: folder, isFinished: results.isFinished)
        for (place, step) in next.enumerated() {
            line((place == 0 ? "next         " : "             ") + step)
        }
    }

    /// More classes make no readable table on a terminal.
    private static let mostClasses = 50

    /// Loss and metrics in words.
    private static func describe(_ evaluation: RunEvent.Evaluation, withLoss: Bool = true) -> String {
        evaluation.numbers.filter { withLoss || $0.name != "loss" }
            .map { " \($0.name) \(fixed($0.value, 4))" }.joined()
    }

    /// A number with `digits` decimals, or nan, inf or -inf.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)f", value) : value.plainText
    }

    /// A number with `digits` significant digits, or nan, inf or -inf.
    package static func significant(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)g", value) : value.plainText
    }

    /// A whole number with a comma every three digits.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        var digits = String(Int(max(0, min(value, 1e15))))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }
}
