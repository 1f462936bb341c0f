import ArgumentParser
import Cluster
import Configuration
import DataParallel
import Foundation
import MPI
import Messages
import Training

struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Runs a comparison and prints a table; without a name it lists the built-in studies.")

    @Argument(
        help: ArgumentHelp("A built-in study, or a sweep of your own.", valueName: "name|file.yaml"))
    var study: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Changes one key of every run; may be repeated.", valueName: "key.path=value"))
    var settings: [String] = []

    @Option(name: .long, help: ArgumentHelp("Passes over the training set of every run.", valueName: "n"))
    var epochs: Int?

    @Option(name: .long, help: ArgumentHelp("The folder for the runs and the report.", valueName: "dir"))
    var output: String?

    @Flag(name: .customLong("print"), help: "Prints the study as YAML, to start one's own from.")
    var prints = false

    @Flag(name: .long, help: "Makes runs anew that the output folder already holds.")
    var overwrite = false

    @Flag(name: .long, help: "Prints tables, warnings and errors alone.")
    var quiet = false

    func run() throws {
        let isFirst = (LaunchEnvironment.current.rank ?? 0) == 0
        guard let study else {
            if isFirst { Self.list() }
            return
        }
        let builtIn = Study.named(study)
        if prints {
            let text = try builtIn?.yaml ?? Self.text(ofFile: study)
            if isFirst { print(text, terminator: "") }
            return
        }
        var overrides = try settings.map(ConfigurationOverride.set)
        if let epochs { overrides.append(.epochs(epochs)) }
        let configuration: StudyConfiguration
        if let builtIn {
            configuration = try StudyConfiguration(
                yaml: builtIn.yaml, source: .recipe(builtIn.name), overrides: overrides, output: output)
        } else {
            configuration = try StudyConfiguration(
                yaml: try Self.text(ofFile: study), source: .file(study), overrides: overrides,
                output: output)
        }
        try run(configuration)
    }

    /// The text of a study in a file; throws the error of a misspelt built-in name for a word that is no file.
    private static func text(ofFile study: String) throws -> String {
        guard study.contains("/") || study.contains(".") || FileManager.default.fileExists(atPath: study)
        else { throw Study.unknown(study) }
        return try RunConfiguration.text(ofFile: study)
    }

    /// The same command continues an interrupted study, so messages repeat it, without --overwrite, which would replace
    /// its runs.
    private static var wording: Wording {
        let words = [Launch.program] + CommandLine.arguments.dropFirst().filter { $0 != "--overwrite" }
        return .repeated(command: words.map(ShellWord.quoted).joined(separator: " "))
    }

    private static func list() {
        let width = Study.all.map(\.name.count).max() ?? 0
        for study in Study.all {
            print(study.name.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + study.title)
        }
    }

    private func run(_ study: StudyConfiguration) throws {
        for run in study.runs { try run.configuration.requireFiles() }
        guard let first = study.runs.first else { return }
        let printing: Printing = quiet ? .quiet : .lines
        try Launch.run(first.configuration.settings, wording: Self.wording, printing: printing) { cluster in
            var report = StudyReport(
                against: StudyReport.Axis(rawValue: study.against.rawValue) ?? .run, metrics: study.metrics)
            var pace = (runs: 0, seconds: 0.0)
            for (place, run) in study.runs.enumerated() {
                let began = ProcessInfo.processInfo.systemUptime
                if cluster.rank == 0, !quiet {
                    let left = pace.seconds / Double(max(1, pace.runs)) * Double(study.runs.count - place)
                    let tail = pace.runs > 0 ? ", about \(TimeText.words(left)) left" : ""
                    print("\n\(run.name) (\(place + 1) of \(study.runs.count))\(tail)")
                }
                var settings = run.configuration.settings
                // Continue an interrupted study with the run it was at.
                settings.resume = overwrite ? .no : .auto
                settings.overwritesOutput = overwrite
                let numbers = StudyNumbers(ofRunIn: run.configuration.output)
                settings.sinks = [numbers]
                let result: TrainingResult
                do {
                    result = try Launch.located(run.configuration) {
                        try Trainer.train(settings, on: cluster) { layout in
                            try run.configuration.makeModel(classes: layout.classCount)
                        }
                    }
                } catch let error as TrainingError where error.kind == .diverged {
                    // A diverged run is a result too, and is the same on all ranks.
                    if cluster.rank == 0 {
                        print("\(run.name): \(error)")
                        report.addDiverged(run: run.name)
                    }
                    continue
                }
                // The run was asked to stop, and has printed how to continue.
                guard result.isFinished else { return }
                let diagnosis = try study.diagnosedExamples.map { examples in
                    var options = DiagnosisOptions()
                    options.examples = examples
                    return try Trainer.diagnose(
                        run.configuration.output, run.configuration.settings, data: .train,
                        options: options, escapingTo: nil, on: cluster
                    ) { try run.configuration.makeModel(classes: $0) }
                }
                if result.samplesPerSecond > 0 {
                    // Runs that had ended before say nothing about how long the others take.
                    pace.runs += 1
                    pace.seconds += ProcessInfo.processInfo.systemUptime - began
                }
                guard cluster.rank == 0 else { continue }
                try numbers.takeFinished()
                report.add(
                    run: run.name, numbers, examples: result.trainingExamples, diagnosis: diagnosis)
            }
            guard cluster.rank == 0 else { return }
            let file = try TextOutput(path: "\(study.output)/study.csv")
            try file.finish(report.csv)
            print("\n\(study.title)\n")
            for table in report.tables { print(table + "\n") }
            print("report       \(study.output)/study.csv")
            let words = [Launch.program, "report"] + study.runs.map(\.configuration.output)
            if !quiet { print("next         \(words.map(ShellWord.quoted).joined(separator: " "))") }
        }
    }
}
