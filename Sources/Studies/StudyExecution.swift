import Cluster
import Configuration
import Foundation
import Messages
import Reports
import Training

/// Makes a study: its runs, their diagnoses, the tables and the pictures. All ranks call it alike.
package struct StudyExecution {
    let study: StudyConfiguration
    let overwrites: Bool
    let cluster: Cluster
    /// Takes lines for a person that are no results.
    let lines: ProgressLine
    /// Whether runs print their own lines.
    let isVerbose: Bool

    /// Prepares it.
    ///
    /// - Parameters:
    ///   - overwrites: Whether runs and landscapes that the study's folder holds are made anew; they go on otherwise.
    ///   - isVerbose: Whether runs print lines of their own, so that a line for each would be one too many.
    ///   - lines: Takes lines for a person, on rank 0.
    package init(
        _ study: StudyConfiguration, overwrites: Bool, isVerbose: Bool, on cluster: Cluster,
        lines: ProgressLine
    ) {
        self.study = study
        self.overwrites = overwrites
        self.isVerbose = isVerbose
        self.cluster = cluster
        self.lines = cluster.rank == 0 ? lines : .silent
    }

    /// What a study came to.
    package struct Outcome {
        /// Tables for a person; empty on all ranks but 0.
        package var tables: [String] = []
        /// The paths of the tables' files and of the pictures.
        package var (tableFiles, pictures): ([String], [String]) = ([], [])
        /// The path of the best configuration of a search.
        package var best: String?
    }

    /// Makes the study, or what is missing of it; collective.
    ///
    /// - Returns: Nil where a run or a landscape was asked to stop, and has said how to go on.
    package func run() throws -> Outcome? {
        try checkPictures()
        var outcome = Outcome()
        let runs: [RunNumbers]
        var trials: FoundTrials?
        if let search = study.search {
            trials = try trainTrials(search)
            guard let trials else { return nil }
            runs = trials.runs
        } else {
            guard let made = try trainAll() else { return nil }
            runs = made
        }
        for picture in study.pictures {
            guard case .landscape(let landscape) = picture.content else { continue }
            guard let file = try draw(picture, landscape) else { return nil }
            outcome.pictures.append(file)
        }
        // Rank 0 alone has the numbers.
        try cluster.agree(Result { if cluster.rank == 0 { try write(runs, trials, &outcome) } })
        return outcome
    }

    /// Throws for a picture that could not be drawn of the weights that runs end with; collective.
    private func checkPictures() throws {
        for picture in study.pictures {
            guard case .landscape(let landscape) = picture.content,
                let run = study.runs.first(where: { $0.name == landscape.run })
            else { continue }
            let problem = try run.configuration.located {
                try Trainer.problem(
                    landscape.directions { $0 }, run.configuration.settings, on: cluster
                ) { layout in try run.configuration.makeModel(classes: layout.classCount) }
            }
            if problem.count == 2 { throw picture.error(ofOutputs: problem[0], advice: problem[1]) }
        }
    }

    /// Trains all runs; nil where one was asked to stop.
    private func trainAll() throws -> [RunNumbers]? {
        var runs: [RunNumbers] = []
        var pace = (runs: 0, seconds: 0.0)
        for (place, run) in study.runs.enumerated() {
            let began = ProcessInfo.processInfo.systemUptime
            func left(_ count: Int) -> String {
                let seconds = pace.seconds / Double(max(1, pace.runs)) * Double(count)
                return pace.runs > 0 && count > 0 ? ", about \(TimeText.words(seconds)) left" : ""
            }
            let number = "\(place + 1) of \(study.runs.count)"
            if isVerbose { lines.line("\n\(run.name) (\(number))\(left(study.runs.count - place))") }
            guard let made = try train(run, number, startsAnew: overwrites) else { return nil }
            runs.append(made.numbers)
            let seconds = ProcessInfo.processInfo.systemUptime - began
            if made.isNew {
                // Runs that had ended before say nothing about how long the others take.
                pace.runs += 1
                pace.seconds += seconds
            }
            let time = made.isNew ? TimeText.words(seconds) : "made before"
            tell(run, made, "\(number), \(time)\(left(study.runs.count - place - 1))")
        }
        return runs
    }

    /// What became of a run.
    struct Made {
        /// Its numbers; few on other ranks than 0.
        let numbers: RunNumbers
        /// Whether it has taken steps.
        var isNew = true
        /// The step that it went on from; 0 or nil for none.
        var begin: Int?
        /// Why it diverged; nil if it did not.
        var divergence: String?
    }

    /// Prints the line of a run unless it printed its own.
    ///
    /// - Parameters:
    ///   - place: Its place among the runs, and times.
    ///   - found: What it came to; nil for its metrics.
    func tell(_ run: StudyConfiguration.Run, _ made: Made, _ place: String, found: String? = nil) {
        if let divergence = made.divergence { return lines.line("\(run.name): \(divergence) (\(place))") }
        guard !isVerbose else { return }
        let resumed = made.begin.flatMap { $0 > 0 ? ["resumed at step \($0)"] : nil } ?? []
        let found =
            found
            ?? RunDisplay.text(made.numbers, study.metrics.filter { !StudyMetrics.isTime($0) })
        let words = resumed + (found.isEmpty ? [] : [found])
        lines.line(run.name + (words.isEmpty ? "" : ": \(words.joined(separator: ", "))") + " (\(place))")
    }

    /// Trains and diagnoses a run; nil where it was asked to stop.
    ///
    /// - Parameters:
    ///   - place: Its place among the runs, in words.
    ///   - startsAnew: Whether what its folder holds is removed.
    ///   - epochs: The epochs after which it is left for now; nil for all.
    func train(
        _ run: StudyConfiguration.Run, _ place: String, startsAnew: Bool, epochs: Int? = nil
    ) throws -> Made? {
        var settings = run.configuration.settings
        // Continue an interrupted study with the run it was at.
        settings.resume = startsAnew ? .no : .auto
        settings.overwritesOutput = startsAnew
        settings.epochLimit = epochs
        let numbers = StudyNumbers(ofRunIn: run.configuration.output)
        let display = RunDisplay("\(run.name) (\(place))", isVerbose ? .silent : lines)
        settings.sinks = [numbers, display]
        let result: TrainingResult
        do {
            result = try run.configuration.located {
                try Trainer.train(settings, on: cluster) { layout in
                    try run.configuration.makeModel(classes: layout.classCount)
                }
            }
        } catch let error as TrainingError where error.kind == .diverged {
            // A diverged run is a result too, and is the same on all ranks.
            return Made(
                numbers: RunNumbers(run, numbers, result: nil, diagnosis: nil, reach: nil),
                divergence: "\(error)")
        }
        let isThere = try result.isFinished || hasReached(epochs, numbers)
        guard isThere else {
            // The run was asked to stop; if it prints its own lines, it has said so.
            if !isVerbose {
                lines.line(
                    "\(run.name): preempted at step \(result.steps): saved, continue with \(cluster.guidance.continuation)"
                )
            }
            return nil
        }
        let diagnosis = try study.diagnosedExamples.map { examples in
            var options = DiagnosisOptions()
            options.examples = examples
            return try Trainer.diagnose(
                run.configuration.output, run.configuration.settings, data: .train,
                options: options, escapingTo: nil, on: cluster
            ) { try run.configuration.makeModel(classes: $0) }
        }
        try cluster.agree(Result { if cluster.rank == 0 { try numbers.takeFinished() } })
        return Made(
            numbers: RunNumbers(run, numbers, result: result, diagnosis: diagnosis, reach: study.reach),
            isNew: result.samplesPerSecond > 0, begin: display.begin)
    }

    /// Whether a run that has not finished was left at its limit of epochs, and not asked to stop; collective.
    private func hasReached(_ epochs: Int?, _ numbers: StudyNumbers) throws -> Bool {
        guard let epochs else { return false }
        return try Agreement.fromRoot(cluster.world) {
            numbers.rows(.epoch).contains { $0["epoch"] == Double(epochs) }
        }
    }

    /// Draws a landscape, and returns the path of its picture; nil where it was asked to stop.
    private func draw(_ picture: StudyPicture, _ landscape: StudyLandscape) throws -> String? {
        guard let run = study.runs.first(where: { $0.name == landscape.run }) else { return nil }
        lines.line("\(picture.name): the loss around \(run.name)")
        var options = landscape.options
        options.overwrites = overwrites
        let folder = "\(study.output)/\(picture.name)"
        let found = try run.configuration.located {
            try Trainer.landscape(
                run.configuration.output, run.configuration.settings,
                along: landscape.directions { "\(study.output)/\($0)" }, data: landscape.data,
                options: options, output: folder, picture: { LandscapePicture($0, scale: picture.scale).svg },
                on: cluster
            ) { try run.configuration.makeModel(classes: $0) }
        }
        return found == nil ? nil : "\(folder)/landscape.svg"
    }

    /// Writes the tables and the pictures that are drawn from them.
    ///
    /// What differs each time stands in times.csv alone: everything else is the same bytes at any number of ranks.
    private func write(_ runs: [RunNumbers], _ trials: FoundTrials?, _ outcome: inout Outcome) throws {
        let metrics = study.metrics.filter { !StudyMetrics.isTime($0) }
        let labels =
            study.variedKeys.map { metrics.contains($0) ? "vary.\($0)" : $0 }
            + (trials == nil ? [] : Self.trialLabels)
        let compared = StudyTable(axis: study.against, metrics: metrics, runs: runs, labels: labels)
        let shown = StudyTable(
            axis: study.against, metrics: metrics, runs: trials?.rankedRuns ?? runs, labels: labels)
        let asked = study.metrics.filter(StudyMetrics.isTime)
        let times =
            asked.isEmpty
            ? StudyTable(axis: .run, metrics: Self.usualTimes, runs: runs)
            : StudyTable(axis: study.against, metrics: asked, runs: runs)
        var drawn: [String] = []
        for picture in study.pictures {
            guard let svg = picture.svg(of: runs, title: study.title) else { continue }
            drawn.append(try save(svg, as: "\(picture.name).svg"))
        }
        // The name of a trial says nothing of its values.
        let sheets = shown.sheets(withLabels: trials != nil)
        let heading = study.against == .run ? "Last numbers" : "Numbers at each \(study.against.rawValue)"
        let table = TablePicture(title: study.title, note: heading, tables: sheets).svg
        outcome.tableFiles = [try save(compared.csv, as: "study.csv")]
        if let table { outcome.tableFiles.append(try save(table, as: "study.svg")) }
        outcome.tableFiles.append(try save(times.csv, as: "times.csv"))
        outcome.pictures = drawn + outcome.pictures
        outcome.tables = sheets.map(StudyTable.text) + (asked.isEmpty ? [] : times.tables)
        if let search = study.search, let trials {
            guard let yaml = bestConfiguration(search, trials) else {
                return lines.line("all trials have diverged, so none is the best")
            }
            outcome.best = try save(yaml, as: "best.yaml")
        }
    }

    private static let usualTimes = ["seconds", "epoch_seconds", "step_seconds", "samples_per_second"]

    private func save(_ text: String, as name: String) throws -> String {
        let path = "\(study.output)/\(name)"
        try TextOutput(path: path).finish(text)
        return path
    }
}
