import Foundation
import Training

/// What a person sees of a study's runs: on a terminal a line of progress that goes away, and one line that stays for
/// each run.
final class RunDisplay: RunSink {
    private let lines: ProgressLine
    /// The run's name, with its place among the others.
    private let title: String
    private var epochs = 1
    /// The step that the run went on from; 0 of a new run, nil of one that had ended before.
    private(set) var begin: Int?

    /// - Parameter title: The run's name, with its place among the others.
    init(_ title: String, _ lines: ProgressLine) {
        self.title = title
        self.lines = lines
    }

    var wantsProgress: Bool { lines.isDue }

    func take(_ event: RunEvent) {
        switch event {
        case .start(let start): (begin, epochs) = (start.step, start.epochs)
        case .progress(let progress):
            var status = StatusLine()
            status.add(title, rank: 3)
            status.addBar(progress.fraction, rank: 0)
            status.add("epoch \(progress.epoch)/\(epochs)", rank: 2)
            status.add("loss \(ProgressReporter.fixed(progress.loss, 4))", rank: 1)
            lines.show(status)
        default: break
        }
    }

    /// The metrics of a run that a line has room for, as text.
    static func text(_ run: RunNumbers, _ metrics: [String]) -> String {
        metrics.compactMap { name in
            run.last[name].map { "\(name) \(ProgressReporter.significant($0, 4))" }
        }.prefix(3).joined(separator: ", ")
    }
}
