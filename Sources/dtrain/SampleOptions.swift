import ArgumentParser
import Training

/// What diagnose and landscape look at the loss of.
struct SampleOptions: ParsableArguments {
    /// The title of the options in help.
    static let title = "Data"

    /// Which moments batch norm uses.
    enum BatchNormMode: String, ExpressibleByArgument, CaseIterable {
        case evaluation, training
    }

    @Option(name: .long, help: "The data set.")
    var data: Trainer.DiagnosedData = .train

    @Option(
        name: .long,
        help: ArgumentHelp("A seeded sample of so many examples, instead of all.", valueName: "n"))
    var examples: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("What samples and directions come from.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(
        name: .customLong("batch-norm"),
        help: ArgumentHelp("By running statistics, or by mini-batches.", valueName: "mode"))
    var batchNorm: BatchNormMode = .evaluation
}

extension Trainer.DiagnosedData: ExpressibleByArgument {}
