import ArgumentParser
import Configuration
import Foundation
import Training

struct TrainCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Trains a model; also without the word train.",
        usage: "dtrain [train] [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: [
            "On N ranks with mpirun -n N dtrain. Without --config and --recipe it trains the default recipe."
        ],
        details: [
            "The weights are the same, byte for byte, at any number of ranks, with which there may be at most as many as training.shards says.",
            "--resume auto goes on from the newest checkpoint of --output, or starts where there is none; with a folder it goes on with the run there, or from one checkpoint of a run. Without --config and --recipe the run's own configuration is taken. --steps N stops after N optimizer steps as if the run had been stopped there: schedules do not change.",
            "With --json standard output has one JSON object a line, as metrics.jsonl has them, and lines for a person are on standard error. --profile times every operation and writes a timeline of every rank into the run's folder.",
            "SIGUSR1 to mpirun saves a checkpoint and stops with exit code 0; Ctrl-C ends the run within a second and says how to go on.",
        ],
        examples: [
            .init("mpirun -n 4 dtrain --config houses.yaml", "into runs/houses"),
            .init("dtrain --recipe fashion-mlp --set optimizer.lr=0.01", "a recipe, changed"),
            .init("mpirun -n 4 dtrain --resume runs/houses", "goes on with a run"),
            .init("mpirun --hostfile my-hosts dtrain --config houses.yaml", "on several hosts"),
            .init("srun -n 16 --mpi=pmix dtrain --config houses.yaml", "under Slurm"),
        ],
        files: [
            .init("config.yaml", "The resolved configuration, in the run's folder as all of these."),
            .init("metrics.jsonl", "A JSON object for each logged step, each epoch, and one at the end."),
            .init("weights.safetensors", "Final weights and batch-norm statistics, under PyTorch's names."),
            .init("best.safetensors", "The weights with the lowest validation loss."),
            .init("events.out.tfevents.*", "The same numbers for TensorBoard."),
            .init("checkpoints/", "What --resume needs."),
        ])

    @OptionGroup(title: ConfigurationOptions.title) var source: ConfigurationOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Results") var results: ResultOptions
    @OptionGroup(title: "Terminal") var terminal: TerminalOptions

    @Flag(name: .long, help: "Does everything up to one step, and writes nothing.")
    var dryRun = false

    @Flag(name: .long, help: "Says where the time went, and writes timelines.")
    var profile = false

    /// Keys of the configuration that are changed often.
    struct TrainingOptions: ParsableArguments {
        @Option(
            name: .long, parsing: .unconditional,
            help: ArgumentHelp("Passes over the training set.", valueName: "n"))
        var epochs: Int?

        @Option(
            name: .long, parsing: .unconditional,
            help: ArgumentHelp("Stops after so many steps; schedules do not change.", valueName: "n"))
        var steps: Int?

        @Option(
            name: .long, parsing: .unconditional,
            help: ArgumentHelp("Examples of a mini-batch over all ranks.", valueName: "n"))
        var batch: Int?

        @Option(
            name: .long, parsing: .unconditional,
            help: ArgumentHelp("Shards of a mini-batch; at least as many as ranks.", valueName: "n"))
        var shards: Int?

        @Option(
            name: .long, parsing: .unconditional,
            help: ArgumentHelp("What everything random is drawn from.", valueName: "n"))
        var seed: Int?
    }

    /// Where results go, and what becomes of those that are there.
    struct ResultOptions: ParsableArguments {
        @Option(
            name: .long, help: ArgumentHelp("The folder for results.", valueName: "dir"),
            completion: .directory)
        var output: String?

        @Option(
            name: .long,
            help: ArgumentHelp(
                "Goes on with the run of --output (auto), or in DIR.", valueName: "auto|dir"),
            completion: Completion.words(["auto"]))
        var resume: String?

        @Flag(name: .long, help: "Replaces the run that the folder holds.")
        var overwrite = false
    }

    /// What is printed.
    struct TerminalOptions: ParsableArguments {
        @Flag(name: .long, help: "Prints nothing but warnings and errors.")
        var quiet = false

        @Flag(name: .long, help: "Events on standard output, one JSON object a line.")
        var json = false
    }

    func validate() throws {
        if let steps = training.steps, steps < 1 {
            throw ValidationError("--steps must be at least 1, got \(steps)")
        }
        if results.overwrite && results.resume != nil {
            throw ValidationError("--overwrite and --resume exclude each other")
        }
        if terminal.json && terminal.quiet {
            throw ValidationError(
                "--json and --quiet exclude each other: --json 2> FILE keeps all but events out of sight")
        }
    }

    func run() throws {
        let started = ProcessInfo.processInfo.systemUptime
        var overrides: [ConfigurationOverride] = []
        if let epochs = training.epochs { overrides.append(.epochs(epochs)) }
        if let batch = training.batch { overrides.append(.batch(batch)) }
        if let shards = training.shards { overrides.append(.shards(shards)) }
        if let seed = training.seed { overrides.append(.seed(seed)) }
        if let output = results.output { overrides.append(.output(output)) }
        let configuration = try source.load(overrides, resume: results.resume)
        try configuration.requireFiles()
        var settings = configuration.settings
        settings.stepLimit = training.steps
        settings.isDryRun = dryRun
        settings.isProfiled = profile
        settings.overwritesOutput = results.overwrite
        settings.picksFreeOutput = results.output == nil
        settings.resume = results.resume.map { $0 == "auto" ? .auto : .from($0) } ?? .no
        try Launch.run(settings, printing: terminal.json ? .json : terminal.quiet ? .quiet : .lines) {
            cluster in
            try configuration.located {
                _ = try Trainer.train(settings, on: cluster, started: started) { layout in
                    try configuration.makeModel(classes: layout.classCount)
                }
            }
        }
    }
}
