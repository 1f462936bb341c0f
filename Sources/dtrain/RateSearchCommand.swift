import ArgumentParser
import Configuration
import Reports
import Training

struct RateSearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lr-find",
        abstract: "Looks for a learning rate: a range test on a copy of the weights.",
        discussion: """
            Trains as the configuration says, while the rate rises by the same factor at each step, until the smoothed loss is \
            four times its least. It suggests the rate at which the loss falls fastest, and says why. The schedule is left \
            out; momentum, weight decay and clipping are those of the run.

            With --output the folder gets lr-find.svg and lr-find.csv. No run is touched.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Examples of a mini-batch over all ranks.", valueName: "n"))
    var batch: Int?

    @Option(
        name: .customLong("min-lr"), parsing: .unconditional,
        help: ArgumentHelp("The rate of the first step.", valueName: "rate"))
    var lowest = RateSearchOptions().lowest

    @Option(
        name: .customLong("max-lr"), parsing: .unconditional,
        help: ArgumentHelp("The rate of the last step.", valueName: "rate"))
    var highest = RateSearchOptions().highest

    @Option(
        name: .long, parsing: .unconditional, help: ArgumentHelp("Optimizer steps.", valueName: "n"))
    var steps = RateSearchOptions().steps

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The part of the smoothed loss that a step keeps.", valueName: "beta"))
    var smoothing = RateSearchOptions().smoothing

    @Option(name: .long, help: ArgumentHelp("The folder for its files.", valueName: "dir"))
    var output: String?

    @Flag(name: .long, help: "The result as one JSON object on one line, and nothing else.")
    var json = false

    @Flag(name: .long, help: "Prints results, warnings and errors alone.")
    var quiet = false

    private var options: RateSearchOptions {
        var options = RateSearchOptions()
        options.lowest = lowest
        options.highest = highest
        options.steps = steps
        options.smoothing = smoothing
        return options
    }

    func validate() throws {
        if let problem = options.problem { throw ValidationError(problem) }
    }

    func run() throws {
        var overrides: [ConfigurationOverride] = []
        if let batch { overrides.append(.batch(batch)) }
        let configuration = try source.load(overrides)
        try configuration.requireFiles()
        let settings = configuration.settings
        let options = options
        // What is told beside the result goes to standard error.
        try Launch.run(settings, printing: quiet ? .quiet : .json) { cluster in
            let report = try configuration.located {
                try Trainer.findRate(
                    settings, options: options, output: output,
                    picture: { RateSearchPicture($0).svg }, on: cluster
                ) { try configuration.makeModel(classes: $0.classCount) }
            }
            guard cluster.rank == 0 else { return }
            try TextOutput(path: nil).finish(json ? report.json : report.page(output: output))
        }
    }
}
