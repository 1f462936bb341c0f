import ArgumentParser
import Cluster
import Configuration
import Foundation
import Messages
import Reports
import Training

struct LandscapeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "landscape",
        abstract: "Draws the loss around trained weights, along a line or over a plane.",
        discussion: """
            The folder gets landscape.csv, landscape.svg and directions.safetensors. At a and b of a row of the table the \
            weights are θ + a · a.NAME + b · b.NAME for each tensor NAME, summed in Float64 and rounded to Float32 once: \
            dtrain evaluate reports that row's loss of them. With --outputs the weights stay, and a and b are outputs.

            Stopped at any point, the same command goes on from there.
            """)

    @OptionGroup var model: TrainedModelOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            gradient (a line), eigenvectors (of the Hessian's largest and smallest eigenvalue), or plane (two random \
            directions, filter-wise normalized), or permutation (the line to the same network with \
            permuted hidden units).
            """, valueName: "directions"))
    var along: Directions?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Other weights: the line from the first, a = 0, to these, a = 1.", valueName: "other"))
    var to: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A run with logging.parameters, whose path is drawn over the loss; may be given several times.",
            valueName: "run"))
    var path: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Two of the model's outputs, counted from 0, before a last softmax: the loss with these replaced by a and b for every example.",
            valueName: "i,j"))
    var outputs: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The ends of the plane of paths, instead of a margin around them, or of outputs.",
            valueName: "a0,a1,b0,b1"))
    var range: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Points along each direction: 51 on a line, 25 by 25 on a plane, unless given.", valueName: "n"))
    var points: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How far it reaches, in units of the directions: from -r to r, with --to from 1 - r to r; 1 unless given, with --outputs 10.",
            valueName: "r"))
    var radius: Double?

    @Option(name: .long, help: "The data set: train, validation or test; train unless given.")
    var data: Trainer.DiagnosedData = .train

    @Option(
        name: .long,
        help: ArgumentHelp("A seeded sample of so many examples, instead of all.", valueName: "n"))
    var examples: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("What directions, start vectors and samples are drawn from.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(
        name: .customLong("batch-norm"),
        help: "Batch norm by its running statistics, or by the run's own mini-batches as in training.")
    var batchNorm: DiagnoseCommand.BatchNormMode = .evaluation

    @Flag(
        name: .long,
        help:
            "Adds the second-order Taylor polynomial at the weights: a column of the table, on lines a dashed curve."
    )
    var taylor = false

    @Option(name: .long, help: "The scale of losses in the picture: auto, linear or log.")
    var scale: PictureScale = .automatic

    @Option(name: .long, help: ArgumentHelp("The folder for its files.", valueName: "dir"))
    var output: String

    @Flag(name: .long, help: "Replaces a landscape that the folder holds.")
    var overwrite = false

    @Flag(name: .long, help: "What it comes to as one JSON object on one line, and nothing else.")
    var json = false

    /// What it is drawn along.
    enum Directions: String, ExpressibleByArgument, CaseIterable {
        case gradient, eigenvectors, plane, permutation
    }

    func validate() throws {
        if along != nil, to != nil {
            throw ValidationError("--along and --to say both what to draw along: give one of them")
        }
        if !path.isEmpty, along != nil || to != nil {
            throw ValidationError("--path is a plane of its own: leave out --along and --to")
        }
        if outputs != nil, along != nil || to != nil || !path.isEmpty {
            throw ValidationError("--outputs is a plane of its own: leave out --along, --to and --path")
        }
        if let range, options.range?.count != range.split(separator: ",").count {
            throw ValidationError("--range must be numbers such as -1,1,0,2, is \(range)")
        }
        if let problem = options.problem(try directions) { throw ValidationError(problem) }
    }

    private var directions: LandscapeDirections {
        get throws {
            if !path.isEmpty { return .path(path) }
            if let to { return .line(to: to) }
            if let outputs {
                let places = outputs.split(separator: ",", omittingEmptySubsequences: false)
                let numbers = places.compactMap { Int($0) }
                guard places.count == 2, numbers.count == 2 else {
                    throw ValidationError(
                        "--outputs must be two outputs, counted from 0, such as 0,1, is \(outputs)")
                }
                return .outputs(numbers[0], numbers[1])
            }
            switch along {
            case .gradient: return .gradient
            case .eigenvectors: return .eigenvectors
            case .plane: return .plane
            case .permutation: return .permutation
            case nil:
                throw ValidationError(
                    "say what to draw along: --along gradient, --along eigenvectors, --along plane, --along permutation, --to OTHER, --path RUN or --outputs I,J"
                )
            }
        }
    }

    private var options: LandscapeOptions {
        var options = LandscapeOptions()
        options.points = points
        options.radius = radius
        options.range = range?.split(separator: ",").compactMap { Double($0) }
        options.examples = examples
        options.seed = seed
        options.usesBatchStatistics = batchNorm == .training
        options.expands = taylor
        options.overwrites = overwrite
        return options
    }

    /// A landscape goes on by itself when its command is given again; that must not replace it.
    private static var wording: Wording {
        let words = [Launch.program] + CommandLine.arguments.dropFirst().filter { $0 != "--overwrite" }
        return .repeated(command: words.map(ShellWord.quoted).joined(separator: " "))
    }

    func run() throws {
        let configuration = try model.configuration()
        try configuration.requireFiles(of: data)
        if let to { _ = try SavedWeights(to) }
        let along = try directions
        try Launch.run(configuration.settings, wording: Self.wording, printing: model.printing) { cluster in
            let landscape = try configuration.located {
                try Trainer.landscape(
                    model.weights, configuration.settings, along: along, data: data, options: options,
                    output: output, picture: { LandscapePicture($0, scale: scale).svg }, on: cluster
                ) { try configuration.makeModel(classes: $0) }
            }
            guard cluster.rank == 0, let landscape else { return }
            try TextOutput(path: nil).finish(json ? landscape.json : landscape.page(output: output))
        }
    }
}

extension PictureScale: ExpressibleByArgument {}
