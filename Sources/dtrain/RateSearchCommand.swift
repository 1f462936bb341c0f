import ArgumentParser
import Configuration
import Reports
import Training

struct RateSearchCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "lr-find", abstract: "Looks for a learning rate, with a range test.",
        usage: "dtrain lr-find [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: [
            "Trains a copy of the weights while the rate rises, and suggests the rate at which the loss falls fastest. No run is touched."
        ],
        details: [
            "The rate rises by the same factor at each step, until the smoothed loss is four times its least. The schedule is left out; momentum, weight decay and clipping are those of the run."
        ],
        examples: [
            .init("dtrain lr-find --config houses.yaml", "suggests a rate"),
            .init("mpirun -n 2 dtrain lr-find --recipe fashion-mlp", "on 2 ranks"),
        ],
        files: [
            .init("lr-find.svg", "The curve as a picture, in the folder of --output."),
            .init("lr-find.csv", "The rate, the loss and the smoothed loss of each step, beside it."),
        ])

    @OptionGroup(title: ConfigurationOptions.title) var source: ConfigurationOptions
    @OptionGroup(title: "Search") var search: Search
    @OptionGroup(title: "Results") var results: ResultOptions

    /// What the search is like.
    struct Search: ParsableArguments {
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
            help: ArgumentHelp("How much of the mean loss a step keeps.", valueName: "beta"))
        var smoothing = RateSearchOptions().smoothing
    }

    /// Where results go.
    struct ResultOptions: ParsableArguments {
        @Option(
            name: .long, help: ArgumentHelp("The folder for a picture and a table.", valueName: "dir"),
            completion: .directory)
        var output: String?

        @Flag(name: .long, help: "The result as one JSON object on one line.")
        var json = false

        @Flag(name: .long, help: "Prints results, warnings and errors alone.")
        var quiet = false
    }

    private var options: RateSearchOptions {
        var options = RateSearchOptions()
        options.lowest = search.lowest
        options.highest = search.highest
        options.steps = search.steps
        options.smoothing = search.smoothing
        return options
    }

    func validate() throws {
        if let problem = options.problem { throw ValidationError(problem) }
    }

    func run() throws {
        var overrides: [ConfigurationOverride] = []
        if let batch = search.batch { overrides.append(.batch(batch)) }
        let configuration = try source.load(overrides)
        try configuration.requireFiles()
        let settings = configuration.settings
        let (options, results) = (options, results)
        // What is told beside the result goes to standard error.
        try Launch.run(settings, printing: results.quiet ? .quiet : .json) { cluster in
            let report = try configuration.located {
                try Trainer.findRate(
                    settings, options: options, output: results.output,
                    picture: { RateSearchPicture($0).svg }, on: cluster
                ) { try configuration.makeModel(classes: $0.classCount) }
            }
            guard cluster.rank == 0 else { return }
            try TextOutput(path: nil).finish(results.json ? report.json : report.page(output: results.output))
        }
    }
}
