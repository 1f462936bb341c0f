import Cluster
import Configuration
import Foundation
import Messages
import Reports
import Training

/// Makes a study: its runs, their diagnoses, the tables and the pictures. All ranks call it alike.
package struct StudyExecution {
    private let study: StudyConfiguration
    private let overwrites: Bool
    private let cluster: Cluster
    /// Takes a line for a person, on rank 0, that is no result.
    private let tell: (String) -> Void

    /// Prepares it.
    ///
    /// - Parameters:
    ///   - overwrites: Whether runs and landscapes that the study's folder holds are made anew; they go on otherwise.
    ///   - tell: Takes a line for a person, on rank 0.
    package init(
        _ study: StudyConfiguration, overwrites: Bool, on cluster: Cluster, tell: @escaping (String) -> Void
    ) {
        self.study = study
        self.overwrites = overwrites
        self.cluster = cluster
        self.tell = tell
    }

    /// What a study came to.
    package struct Outcome {
        /// Tables for a person; empty on all ranks but 0.
        package var tables: [String] = []
        /// The paths of its tables and pictures.
        package var files: [String] = []
    }

    /// Makes the study, or what is missing of it; collective.
    ///
    /// - Returns: Nil where a run or a landscape was asked to stop, and has said how to go on.
    package func run() throws -> Outcome? {
        var runs: [RunNumbers] = []
        var pace = (runs: 0, seconds: 0.0)
        for (place, run) in study.runs.enumerated() {
            let began = ProcessInfo.processInfo.systemUptime
            let left = pace.seconds / Double(max(1, pace.runs)) * Double(study.runs.count - place)
            let tail = pace.runs > 0 ? ", about \(TimeText.words(left)) left" : ""
            onRoot { tell("\n\(run.name) (\(place + 1) of \(study.runs.count))\(tail)") }
            guard let (numbers, isNew) = try train(run) else { return nil }
            runs.append(numbers)
            if isNew {
                // Runs that had ended before say nothing about how long the others take.
                pace.runs += 1
                pace.seconds += ProcessInfo.processInfo.systemUptime - began
            }
        }
        var outcome = Outcome()
        for picture in study.pictures {
            guard case .landscape(let landscape) = picture.content else { continue }
            guard let file = try draw(picture, landscape) else { return nil }
            outcome.files.append(file)
        }
        // Rank 0 alone has the numbers.
        try cluster.agree(Result { if cluster.rank == 0 { try write(runs, &outcome) } })
        return outcome
    }

    private func onRoot(_ body: () -> Void) {
        if cluster.rank == 0 { body() }
    }

    /// Trains and diagnoses a run; nil where it was asked to stop. On other ranks than 0 the numbers are few.
    private func train(_ run: StudyConfiguration.Run) throws -> (RunNumbers, isNew: Bool)? {
        var settings = run.configuration.settings
        // Continue an interrupted study with the run it was at.
        settings.resume = overwrites ? .no : .auto
        settings.overwritesOutput = overwrites
        let numbers = StudyNumbers(ofRunIn: run.configuration.output)
        settings.sinks = [numbers]
        let result: TrainingResult
        do {
            result = try run.configuration.located {
                try Trainer.train(settings, on: cluster) { layout in
                    try run.configuration.makeModel(classes: layout.classCount)
                }
            }
        } catch let error as TrainingError where error.kind == .diverged {
            // A diverged run is a result too, and is the same on all ranks.
            onRoot { tell("\(run.name): \(error)") }
            return (RunNumbers(run, numbers, result: nil, diagnosis: nil, reach: nil), true)
        }
        // The run was asked to stop, and has printed how to continue.
        guard result.isFinished else { return nil }
        let diagnosis = try study.diagnosedExamples.map { examples in
            var options = DiagnosisOptions()
            options.examples = examples
            return try Trainer.diagnose(
                run.configuration.output, run.configuration.settings, data: .train,
                options: options, escapingTo: nil, on: cluster
            ) { try run.configuration.makeModel(classes: $0) }
        }
        try cluster.agree(Result { if cluster.rank == 0 { try numbers.takeFinished() } })
        return (
            RunNumbers(run, numbers, result: result, diagnosis: diagnosis, reach: study.reach),
            result.samplesPerSecond > 0
        )
    }

    /// Draws a landscape, and returns the path of its picture; nil where it was asked to stop.
    private func draw(_ picture: StudyPicture, _ landscape: StudyLandscape) throws -> String? {
        guard let run = study.runs.first(where: { $0.name == landscape.run }) else { return nil }
        onRoot { tell("\n\(picture.name): the loss around \(run.name)") }
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
    private func write(_ runs: [RunNumbers], _ outcome: inout Outcome) throws {
        let compared = StudyTable(
            axis: study.against, metrics: study.metrics.filter { !StudyMetrics.isTime($0) }, runs: runs)
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
        outcome.files =
            [try save(compared.csv, as: "study.csv"), try save(times.csv, as: "times.csv")] + drawn
            + outcome.files
        outcome.tables = compared.tables + (asked.isEmpty ? [] : times.tables)
    }

    private static let usualTimes = ["seconds", "epoch_seconds", "step_seconds", "samples_per_second"]

    private func save(_ text: String, as name: String) throws -> String {
        let path = "\(study.output)/\(name)"
        try TextOutput(path: path).finish(text)
        return path
    }
}
