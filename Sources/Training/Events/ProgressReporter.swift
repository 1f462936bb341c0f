import Datasets
import Foundation
import Glibc
import Messages

/// What a person sees of a run, on rank 0's standard output: a line per epoch, and on a terminal a bar between.
package final class ProgressReporter: RunSink {
    private let isTerminal = ProgressReporter.writesToTerminal
    private var lastDraw = 0.0
    private var hasBar = false
    /// Epochs of the run.
    private var epochs = 0

    /// Whether standard output is a terminal that a person looks at.
    package static var writesToTerminal: Bool {
        // Under mpirun standard output is a terminal without extent, even when it goes to a file.
        var size = winsize()
        return isatty(1) == 1 && ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    }

    /// A bar at most ten times a second.
    package var wantsProgress: Bool {
        isTerminal && ProcessInfo.processInfo.systemUptime - lastDraw >= 0.1
    }

    package func take(_ event: RunEvent) {
        switch event {
        case .start(let start):
            epochs = start.epochs
            line(
                "dtrain: \(Self.number(Double(start.examples))) examples, \(Self.number(Double(start.parameters))) parameters, "
                    + "\(counted(start.ranks, "rank")) x \(counted(start.workers, "worker")), "
                    + "\(counted(start.shards, "shard")), \(start.instructionSet)")
        case .progress(let progress): draw(progress)
        case .gradients(let found):
            line(
                "dtrain: note: the gradient of \(found.parameter) is \(found.finding.rawValue) at step \(found.step): root mean square \(Self.significant(found.rootMeanSquare, 2))"
            )
        case .epoch(let epoch): line(text(epoch))
        case .results(let results): report(results)
        case .note(let text): line("dtrain: note: \(text)")
        case .message(let text): line(text)
        case .step, .histograms, .plateau, .end: break
        }
    }

    /// Prints a line, in place of the bar if there is one.
    func line(_ text: String) {
        StandardStream.output.write((hasBar ? "\r\u{1b}[K" : "") + text + "\n")
        hasBar = false
    }

    private func draw(_ progress: RunEvent.Progress) {
        lastDraw = ProcessInfo.processInfo.systemUptime
        let width = 24
        let done = min(width, Int(progress.fraction * Double(width)))
        let bar = String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
        let text =
            "epoch \(progress.epoch)/\(epochs) \(bar) loss \(Self.fixed(progress.loss, 4))  "
            + "\(Self.number(progress.samplesPerSecond)) samples/s  \(Self.duration(progress.remaining)) left"
        StandardStream.output.write("\r\u{1b}[K" + text)
        hasBar = true
    }

    private func text(_ epoch: RunEvent.Epoch) -> String {
        var text = "epoch \(epoch.epoch)/\(epochs)  train loss \(Self.fixed(epoch.trainingLoss, 4))"
        // The loss is that of the steps, as in the metrics' line.
        if let training = epoch.evaluations.training { text += Self.describe(training, withLoss: false) }
        if let validation = epoch.evaluations.validation {
            text += "  validation" + Self.describe(validation)
        }
        if let test = epoch.evaluations.test { text += "  test" + Self.describe(test) }
        text += "  \(Self.number(epoch.pace.samplesPerSecond)) samples/s"
        if epoch.epoch < epochs, let left = epoch.remaining { text += "  \(Self.duration(left)) left" }
        return text
    }

    /// Says what was evaluated, of each set the numbers, then what was asked for of each class; and where results are.
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
    }

    /// More classes than this are no table for a terminal.
    private static let mostClasses = 50

    /// Loss and metrics in words.
    private static func describe(_ evaluation: RunEvent.Evaluation, withLoss: Bool = true) -> String {
        evaluation.numbers.filter { withLoss || $0.name != "loss" }
            .map { " \($0.name) \(fixed($0.value, 4))" }.joined()
    }

    /// A number with `digits` decimals; nan, inf or -inf where it is none.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)f", value) : value.plainText
    }

    /// A number with `digits` significant digits; nan, inf or -inf where it is none.
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

    /// Seconds as 42 s, 3 min 10 s or 2 h 5 min.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "–" }
        let whole = Int(max(0, seconds).rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
