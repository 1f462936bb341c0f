import Configuration
import Foundation
import Messages
import Training

/// What was trained, on what, and what came of it.
enum OverviewSections {
    /// The runs' states and final numbers, a row for each.
    static func results(_ runs: [RunRecord]) -> Section {
        var section = Section(title: "Results", anchor: "results")
        let ends = runs.map { $0.end?.evaluations ?? $0.epochs.last?.evaluations ?? $0.summary.evaluations }
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
        section.notes = runs.flatMap { run in run.notes.map { runs.count > 1 ? "\(run.name): \($0)" : $0 } }
        return section
    }

    private static func row(
        _ run: RunRecord, _ evaluations: RunEvent.Evaluations, _ names: [String]
    ) -> [String] {
        let found = numbers(evaluations)
        let summary = run.summary
        let pace = run.end?.pace ?? run.epochs.last?.pace ?? run.steps.last?.pace
        func text(_ value: Double?) -> String { value.map(NumberText.plain) ?? "–" }
        var cells = [run.name, state(summary.state)]
        cells.append(summary.epochs.map { "\(summary.epoch) of \($0)" } ?? String(summary.epoch))
        cells += [text(summary.step.map(Double.init)), text(summary.trainingLoss)]
        cells += names.map { name in text(found.first { $0.0 == name }?.1) }
        cells.append(run.end?.bestEpoch.map(String.init) ?? "–")
        cells.append(summary.seconds.map { ProgressReporter.fixed($0, 1) } ?? "–")
        cells.append(text(pace?.samplesPerSecond))
        return cells
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

    /// What a single run was told, by the sections of its configuration.
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

    /// Where the configurations of several runs differ: a row for each key.
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
            let all = changes.map { $0.first { $0.key == key } }
            let usual = all.lazy.compactMap { $0 }.first?.old ?? "none"
            return [key] + all.map { change in change.map { $0.new ?? "none" } ?? usual }
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
