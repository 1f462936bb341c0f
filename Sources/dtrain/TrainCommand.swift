import ArgumentParser
import Configuration
import Foundation
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Trains a model; bare dtrain trains the default recipe.")

    @OptionGroup var source: ConfigurationOptions

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Passes over the training set.", valueName: "n"))
    var epochs: Int?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Stops after this many optimizer steps; schedules do not change.", valueName: "n"))
    var steps: Int?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Examples of a mini-batch over all ranks.", valueName: "n"))
    var batch: Int?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Shards of a mini-batch; at least the number of ranks.", valueName: "n"))
    var shards: Int?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("What everything random is drawn from.", valueName: "n"))
    var seed: Int?

    @Option(name: .long, help: ArgumentHelp("The folder for results.", valueName: "dir"))
    var output: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Continues from the newest checkpoint of --output (auto), or from a run's folder or checkpoint; without --config and --recipe with that run's own configuration.",
            valueName: "auto|dir"))
    var resume: String?

    @Flag(name: .long, help: "Runs everything up to and including one step, and writes nothing.")
    var dryRun = false

    @Flag(
        name: .long,
        help: "Times every operation, prints where the time went, and writes a timeline of every rank.")
    var profile = false

    @Flag(name: .long, help: "Replaces the run that the output folder holds.")
    var overwrite = false

    @Flag(
        name: .long,
        help:
            "Events on standard output, one JSON object a line as in metrics.jsonl; lines for a person on standard error."
    )
    var json = false

    @Flag(name: .long, help: "Prints nothing but warnings and errors.")
    var quiet = false

    func validate() throws {
        if let steps, steps < 1 { throw ValidationError("--steps must be at least 1, got \(steps)") }
        if overwrite && resume != nil { throw ValidationError("--overwrite and --resume exclude each other") }
        if json && quiet {
            throw ValidationError(
                "--json and --quiet exclude each other: --json 2> FILE keeps all but events out of sight")
        }
    }

    func run() throws {
        let started = ProcessInfo.processInfo.systemUptime
        var overrides: [ConfigurationOverride] = []
        if let epochs { overrides.append(.epochs(epochs)) }
        if let batch { overrides.append(.batch(batch)) }
        if let shards { overrides.append(.shards(shards)) }
        if let seed { overrides.append(.seed(seed)) }
        if let output { overrides.append(.output(output)) }
        let configuration = try source.load(overrides, resume: resume)
        try configuration.requireFiles()
        var settings = configuration.settings
        settings.stepLimit = steps
        settings.isDryRun = dryRun
        settings.isProfiled = profile
        settings.overwritesOutput = overwrite
        settings.picksFreeOutput = output == nil
        settings.resume = resume.map { $0 == "auto" ? .auto : .from($0) } ?? .no
        try Launch.run(settings, printing: json ? .json : quiet ? .quiet : .lines) { cluster in
            try configuration.located {
                _ = try Trainer.train(settings, on: cluster, started: started) { layout in
                    try configuration.makeModel(classes: layout.classCount)
                }
            }
        }
    }
}
