import ArgumentParser
import Cluster
import Configuration
import DataParallel
import Foundation
import MPI
import Messages
import Studies
import Training

struct StudyCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "study", abstract: "Compares several runs; alone it lists the studies.",
        usage: "dtrain study [<name|file.yaml>] [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: ["Makes the runs of a study and prints a table. Stopped, it goes on with the same command."],
        details: [
            "A study is built in, or a file of your own: a configuration with the values to compare. all-notes makes all built-in ones. With --quick each takes some seconds, as the study says under quick, in a folder of its own."
        ],
        examples: [
            .init("dtrain study", "lists what is built in"),
            .init("dtrain study saddle --quick", "one of them, small"),
            .init("dtrain study saddle --print > mine.yaml", "to start one's own from"),
            .init("mpirun -n 4 dtrain study mine.yaml", "one's own"),
        ])

    @Argument(
        help: ArgumentHelp(
            "A built-in study, your own, or all-notes for all.", valueName: "name|file.yaml"),
        completion: Completion.words(
            Study.all.map(\.name) + [StudyCommand.allNotes], orFiles: ["yaml", "yml"]))
    var study: String?

    @Flag(name: .long, help: "Makes it small: the built-in ones in some seconds.")
    var quick = false

    @Option(
        name: .long, help: ArgumentHelp("The folder for the runs and the report.", valueName: "dir"),
        completion: .directory)
    var output: String?

    @Option(name: .long, help: ArgumentHelp("Passes over every run's training set.", valueName: "n"))
    var epochs: Int?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Changes one key of every run; may be repeated.", valueName: "key.path=value"),
        completion: Completion.settings)
    var settings: [String] = []

    @Flag(name: .customLong("print"), help: "Prints the study as YAML, to start one's own from.")
    var prints = false

    @Flag(name: .long, help: "Makes runs anew that the folder already holds.")
    var overwrite = false

    @Flag(name: .long, help: "Prints tables, warnings and errors alone.")
    var quiet = false

    @Flag(name: .long, help: "Prints each run's own lines, one an epoch.")
    var verbose = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }

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
        if study == Self.allNotes {
            return try run(Study.all.map { try configuration($0.yaml, .recipe($0.name), overrides) })
        }
        if let builtIn {
            return try run([configuration(builtIn.yaml, .recipe(builtIn.name), overrides)])
        }
        try run([configuration(Self.text(ofFile: study), .file(study), overrides)])
    }

    /// The name for all built-in studies.
    private static let allNotes = "all-notes"

    /// A study as it was asked for.
    ///
    /// With --quick it has a folder of its own; of several studies each has one inside of --output.
    private func configuration(
        _ yaml: String, _ source: SourceLocation.Source, _ overrides: [ConfigurationOverride]
    ) throws -> StudyConfiguration {
        let name = source.runName ?? "study"
        let folder = study == Self.allNotes ? output.map { "\($0)/\(name)" } : output
        return try StudyConfiguration(
            yaml: yaml, source: source, overrides: overrides,
            output: folder ?? (quick ? "studies/quick/\(name)" : nil), isQuick: quick)
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
        print("\n\(Launch.program) study NAME makes one, with --quick a small one; \(allNotes) makes all")
    }

    private func run(_ studies: [StudyConfiguration]) throws {
        for study in studies {
            for run in study.runs { try run.configuration.requireFiles() }
        }
        guard let first = studies.first?.runs.first else { return }
        let lines = ProgressLine(
            quiet ? nil : LineDevice(.output), start: ProcessInfo.processInfo.systemUptime)
        let printing: Printing = verbose ? .lines : .quiet
        try Launch.run(first.configuration.settings, wording: Self.wording, printing: printing) { cluster in
            for (place, study) in studies.enumerated() {
                let began = ProcessInfo.processInfo.systemUptime
                if cluster.rank == 0, !quiet, studies.count > 1 {
                    print("\n== \(study.title) (study \(place + 1) of \(studies.count))")
                }
                let execution = StudyExecution(
                    study, overwrites: overwrite, isVerbose: verbose, on: cluster, lines: lines)
                guard let outcome = try execution.run() else { return }
                guard cluster.rank == 0 else { continue }
                print("\n\(study.title)\n")
                for table in outcome.tables { print(table + "\n") }
                for file in outcome.tableFiles { print("table        \(file)") }
                for file in outcome.pictures { print("picture      \(file)") }
                if let best = outcome.best { print("best         \(best)") }
                guard !quiet else { continue }
                let words =
                    [Launch.program]
                    + (outcome.best.map { ["--config", $0] }
                        ?? ["report"] + study.runs.map(\.configuration.output))
                print("next         \(words.map(ShellWord.quoted).joined(separator: " "))")
                let seconds = ProcessInfo.processInfo.systemUptime - began
                if studies.count > 1 { print("took         \(TimeText.words(seconds))") }
            }
        }
    }
}
