import ArgumentParser
import Configuration
import Training

struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "The model, and the memory and the time that training it takes.",
        discussion: """
            Layers, shapes, parameters, FLOPs and memory per shard; the memory of each rank; and the time of an epoch on this \
            machine, from a few steps on a copy of the weights that all ranks take: under mpirun -n 2 it is that of 2 ranks. \
            Nothing is written.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "Ranks on one machine, for the memory; those that run unless given.", valueName: "n"))
    var ranks: Int?

    @Flag(name: .customLong("no-timing"), help: "Takes no steps, and says no time.")
    var leavesOutTime = false

    @Flag(name: .long, help: "All but the layers as one JSON object on one line, and nothing else.")
    var json = false

    func validate() throws {
        if let ranks, ranks < 1 { throw ValidationError("--ranks must be at least 1, got \(ranks)") }
    }

    func run() throws {
        let configuration = try source.load()
        try configuration.requireFiles()
        let settings = configuration.settings
        try Launch.run(settings, printing: json ? .json : .lines) { cluster in
            let report = try configuration.located {
                try Trainer.summarize(
                    settings, ranks: ranks, measuresTime: !leavesOutTime, on: cluster,
                    tell: { if !json { try TextOutput(path: nil).finish($0.page) } }
                ) { try configuration.makeModel(classes: $0.classCount) }
            }
            guard cluster.rank == 0 else { return }
            try TextOutput(path: nil).finish(json ? report.json : report.timeText)
        }
    }
}
