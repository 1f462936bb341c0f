import Configuration
import Foundation
import Messages
import Training

/// The sections on results, settings and the differences between runs.
enum OverviewSections {
    /// The runs' states and final numbers: for one run a list and a table of its sets, for several a row for each run.
    static func results(_ runs: [RunRecord]) -> Section {
        var section = Section(title: "Results", anchor: "results")
        let ends = runs.map {
            $0.end?.evaluations ?? $0.evaluations.last?.evaluations ?? $0.summary.evaluations
        }
        if runs.count == 1 {
            let names = ["state", "epochs", "steps", "best epoch", "seconds", "examples a second"]
            section.facts = zip(names, course(runs[0])).map { Section.Fact(name: $0, value: $1) }
            section.tables = [table(ends[0], trainingLoss: runs[0].trainingLoss)]
            section.notes = runs[0].notes
            if let epoch = runs[0].end?.restoredEpoch {
                let place =
                    (runs[0].end?.restoredStep.map { "step \($0), in " } ?? "") + "epoch \(epoch)"
                section.notes.append("The numbers are those of \(place), whose weights were taken back.")
            }
            if let limit = runs[0].summary.limit {
                section.notes.append("The run has steps left: training.\(limit.rawValue) has stopped it.")
            }
            if let found = runs[0].divergence {
                section.notes.append(
                    "The run diverged at step \(found.step), in epoch \(found.epoch): \(found.reason).")
            }
            return section
        }
        var names: [String] = []
        for numbers in ends.map(numbers) {
            for (name, _) in numbers where !names.contains(name) { names.append(name) }
        }
        let head =
            ["run", "state", "epochs", "steps", "training loss"] + names + [
                "best epoch", "seconds", "examples a second",
            ]
        let rows = zip(runs, ends).map { row($0, $1, names) }
        section.tables = [Section.Table(caption: "", head: head, rows: rows)]
        section.notes = runs.flatMap { run in run.notes.map { "\(run.name): \($0)" } }
        return section
    }

    private static let lossName = "loss"

    /// The final numbers of one run: a row for each metric and a column for each set.
    private static func table(_ evaluations: RunEvent.Evaluations, trainingLoss: Double?) -> Section.Table {
        func named(_ evaluation: RunEvent.Evaluation?) -> [(name: String, value: Double)] {
            (evaluation?.numbers ?? []).map { ($0.name, $0.value) }
        }
        // The training loss is the mean over the steps, as in the metrics.
        let training =
            (trainingLoss.map { [(name: lossName, value: $0)] } ?? [])
            + named(evaluations.training).filter { $0.name != lossName }
        let sets = [
            ("training", training), ("validation", named(evaluations.validation)),
            ("test", named(evaluations.test)),
        ].filter { !$0.1.isEmpty }
        var names: [String] = []
        for number in sets.flatMap(\.1) where !names.contains(number.name) { names.append(number.name) }
        let rows = names.map { name in
            [name.replacingOccurrences(of: "_", with: " ")]
                + sets.map { _, numbers in
                    numbers.first { $0.name == name }.map { NumberText.plain($0.value) } ?? "–"
                }
        }
        return Section.Table(caption: "", head: ["number"] + sets.map(\.0), rows: rows)
    }

    /// A run's state, epochs, steps, best epoch, seconds and speed.
    private static func course(_ run: RunRecord) -> [String] {
        let summary = run.summary
        let pace = run.end?.pace ?? run.epochs.last?.pace ?? run.steps.last?.pace
        return [
            state(summary.state),
            summary.epochs.map { "\(summary.epoch) of \($0)" } ?? String(summary.epoch),
            text(summary.step.map(Double.init)), run.end?.bestEpoch.map(String.init) ?? "–",
            summary.seconds.map { ProgressReporter.fixed($0, 1) } ?? "–", text(pace?.samplesPerSecond),
        ]
    }

    private static func text(_ value: Double?) -> String { value.map(NumberText.plain) ?? "–" }

    private static func row(
        _ run: RunRecord, _ evaluations: RunEvent.Evaluations, _ names: [String]
    ) -> [String] {
        let (course, found) = (course(run), numbers(evaluations))
        return [run.name] + course.prefix(3) + [text(run.trainingLoss)]
            + names.map { name in text(found.first { $0.0 == name }?.1) } + course.dropFirst(3)
    }

    private static func numbers(_ evaluations: RunEvent.Evaluations) -> [(String, Double)] {
        [("validation", evaluations.validation), ("test", evaluations.test)].flatMap { set, evaluation in
            (evaluation?.numbers ?? []).map {
                ("\(set) \($0.name.replacingOccurrences(of: "_", with: " "))", $0.value)
            }
        }
    }

    static func state(_ state: RunSummary.State) -> String {
        state == .noMetrics ? "no metrics" : state.rawValue
    }

    /// The settings of a single run, by the sections of its configuration.
    static func setup(_ run: RunRecord) -> Section {
        var section = Section(title: "What was trained", anchor: "setup")
        if let text = run.configuration {
            section.facts = ConfigurationFacts(text).facts
            section.listings = [Section.Listing(title: "The whole configuration", text: text)]
        } else if let text = run.description {
            if let model = run.summary.model { section.facts.append(.init(name: "model", value: model)) }
            section.listings = [Section.Listing(title: "What the program kept of its settings", text: text)]
        }
        return section
    }

    /// The differences between the configurations: a row for each key, with "none" if a run has no such option, and a
    /// dash if the run has another layer there, which has a row of its own.
    static func differences(_ runs: [RunRecord]) -> Section {
        var section = Section(title: "What differs in their configurations", anchor: "differences")
        guard let first = runs.first?.settings else {
            section.notes = ["The first run's configuration is not known."]
            return section
        }
        let known = runs.filter { $0.settings != nil }
        let changes = known.map { first.changes(to: $0.settings ?? first, .standard) }
        var keys: [String] = []
        for change in changes.joined() where !keys.contains(change.key) { keys.append(change.key) }
        let rows = keys.map { key -> [String] in
            let found = changes.map { $0.first { $0.key == key } }
            let usual = found.lazy.compactMap { $0 }.first?.old ?? "none"
            return [key]
                + zip(found, changes).map { change, others in
                    if let change { return change.new ?? "none" }
                    return others.contains { key.hasPrefix("\($0.key).") } ? "–" : usual
                }
        }
        if rows.isEmpty {
            section.notes = ["Nothing: the runs were told the same."]
        } else {
            section.tables = [Section.Table(caption: "", head: ["key"] + known.map(\.name), rows: rows)]
        }
        for run in runs where run.settings == nil {
            section.notes.append("\(run.name): its configuration is not known.")
        }
        section.listings = runs.compactMap { run in
            run.configuration.map { Section.Listing(title: "The configuration of \(run.name)", text: $0) }
        }
        return section
    }
}
