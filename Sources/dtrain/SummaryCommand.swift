import ArgumentParser
import Configuration
import Training

struct SummaryCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Layers, parameters, FLOPs, memory, time of an epoch.",
        usage: "dtrain summary [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: [
            "The time is that of a few steps on a copy of the weights, which all ranks take: under mpirun -n 2 it is that of 2 ranks. Nothing is written."
        ],
        examples: [
            .init("dtrain summary --recipe fashion-cnn", "of a built-in model"),
            .init("mpirun -n 2 dtrain summary --config houses.yaml", "on 2 ranks"),
        ])

    @OptionGroup(title: ConfigurationOptions.title) var source: ConfigurationOptions
    @OptionGroup(title: "Prediction") var prediction: Prediction

    /// What is said of a run beforehand.
    struct Prediction: ParsableArguments {
        @Option(
            name: .long, parsing: .unconditional,
            help: ArgumentHelp("Ranks on one machine, for the memory.", valueName: "n"))
        var ranks: Int?

        @Flag(name: .customLong("no-timing"), help: "Takes no steps, and says no time.")
        var leavesOutTime = false

        @Flag(name: .long, help: "All but the layers as one JSON object on one line.")
        var json = false
    }

    func validate() throws {
        if let ranks = prediction.ranks, ranks < 1 {
            throw ValidationError("--ranks must be at least 1, got \(ranks)")
        }
    }

    func run() throws {
        let configuration = try source.load()
        try configuration.requireFiles()
        let settings = configuration.settings
        try Launch.run(settings, printing: prediction.json ? .json : .lines) { cluster in
            let report = try configuration.located {
                try Trainer.summarize(
                    settings, ranks: prediction.ranks, measuresTime: !prediction.leavesOutTime, on: cluster,
                    tell: { if !prediction.json { try TextOutput(path: nil).finish($0.page) } }
                ) { try configuration.makeModel(classes: $0.classCount) }
            }
            guard cluster.rank == 0 else { return }
            try TextOutput(path: nil).finish(prediction.json ? report.json : report.timeText)
        }
    }
}
