import ArgumentParser
import Cluster
import Configuration
import Foundation
import Messages
import Reports
import Training

struct LandscapeCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "landscape", abstract: "Draws the loss around trained weights.",
        usage: "dtrain landscape <run-or-weights> --output <dir> [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: ["Along a line or over a plane. Stopped, it goes on with the same command."],
        details: [
            "--along gradient is a line; eigenvectors is the plane of those of the Hessian's largest and smallest eigenvalue; plane is that of two random directions, filter-wise normalized; permutation is the line to the same network with permuted hidden units. --to draws the line from the first weights, a = 0, to others, a = 1. --path draws the path of a run with logging.parameters over the loss. --outputs replaces two of the model's outputs, before a last softmax, by a and b for every example.",
            "At a and b of a row of the table a tensor NAME is its trained value + a * a.NAME + b * b.NAME, summed in Float64 and rounded to Float32 once: dtrain evaluate reports that row's loss of such weights. With --outputs the weights stay, and a and b are outputs.",
            "A line has 51 points and a plane 25 by 25 unless --points is given. It reaches from -r to r in units of the directions, with --to from 1 - r to r, where --radius r is 1 unless given, with --outputs 10. --range gives the ends of the plane of paths, instead of a margin around them, or of outputs.",
        ],
        examples: [
            .init("dtrain landscape runs/x --along plane --output plane", "two directions"),
            .init("dtrain landscape runs/a --to runs/b --output line", "between two runs"),
        ],
        files: [
            .init("landscape.svg", "The picture, in the folder of --output as all of these."),
            .init("landscape.csv", "The loss at each point."),
            .init("directions.safetensors", "The directions."),
        ])

    @OptionGroup var model: TrainedModelOptions
    @OptionGroup(title: "Directions") var direction: DirectionOptions
    @OptionGroup(title: "Picture") var drawing: DrawingOptions
    @OptionGroup(title: SampleOptions.title) var sample: SampleOptions
    @OptionGroup(title: "Results") var results: ResultOptions

    /// What it is drawn along.
    struct DirectionOptions: ParsableArguments {
        @Option(name: .long, help: ArgumentHelp("Directions from the weights.", valueName: "directions"))
        var along: Directions?

        @Option(
            name: .long, help: ArgumentHelp("The line to other weights.", valueName: "other"),
            completion: Completion.weights)
        var to: String?

        @Option(
            name: .long,
            help: ArgumentHelp("The plane of a run's path; may be repeated.", valueName: "run"),
            completion: .directory)
        var path: [String] = []

        @Option(
            name: .long,
            help: ArgumentHelp("The plane of two of the outputs, counted from 0.", valueName: "i,j"))
        var outputs: String?
    }

    /// What the picture shows.
    struct DrawingOptions: ParsableArguments {
        @Option(
            name: .long,
            help: ArgumentHelp("Points along each direction.", valueName: "n"))
        var points: Int?

        @Option(
            name: .long,
            help: ArgumentHelp("How far it reaches, in units of the directions.", valueName: "r"))
        var radius: Double?

        @Option(
            name: .long,
            help: ArgumentHelp("The ends of the plane of paths or outputs.", valueName: "a0,a1,b0,b1"))
        var range: String?

        @Flag(name: .long, help: "Adds the second-order Taylor polynomial.")
        var taylor = false

        @Option(name: .long, help: "The scale of losses.")
        var scale: PictureScale = .automatic
    }

    /// Where results go.
    struct ResultOptions: ParsableArguments {
        @Option(
            name: .long, help: ArgumentHelp("The folder for its files.", valueName: "dir"),
            completion: .directory)
        var output: String

        @Flag(name: .long, help: "Replaces a landscape that the folder holds.")
        var overwrite = false

        @Flag(name: .long, help: "What it comes to as one JSON object on one line.")
        var json = false
    }

    /// What it is drawn along.
    enum Directions: String, ExpressibleByArgument, CaseIterable {
        case gradient, eigenvectors, plane, permutation
    }

    func validate() throws {
        let (along, to, path, outputs) = (direction.along, direction.to, direction.path, direction.outputs)
        if along != nil, to != nil {
            throw ValidationError("--along and --to say both what to draw along: give one of them")
        }
        if !path.isEmpty, along != nil || to != nil {
            throw ValidationError("--path is a plane of its own: leave out --along and --to")
        }
        if outputs != nil, along != nil || to != nil || !path.isEmpty {
            throw ValidationError("--outputs is a plane of its own: leave out --along, --to and --path")
        }
        if let range = drawing.range, options.range?.count != range.split(separator: ",").count {
            throw ValidationError("--range must be numbers such as -1,1,0,2, is \(range)")
        }
        if let problem = options.problem(try directions) { throw ValidationError(problem) }
    }

    private var directions: LandscapeDirections {
        get throws {
            if !direction.path.isEmpty { return .path(direction.path) }
            if let to = direction.to { return .line(to: to) }
            if let outputs = direction.outputs {
                let places = outputs.split(separator: ",", omittingEmptySubsequences: false)
                let numbers = places.compactMap { Int($0) }
                guard places.count == 2, numbers.count == 2 else {
                    throw ValidationError(
                        "--outputs must be two outputs, counted from 0, such as 0,1, is \(outputs)")
                }
                return .outputs(numbers[0], numbers[1])
            }
            switch direction.along {
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
        options.points = drawing.points
        options.radius = drawing.radius
        options.range = drawing.range?.split(separator: ",").compactMap { Double($0) }
        options.examples = sample.examples
        options.seed = sample.seed
        options.usesBatchStatistics = sample.batchNorm == .training
        options.expands = drawing.taylor
        options.overwrites = results.overwrite
        return options
    }

    /// A landscape goes on by itself when its command is given again; that must not replace it.
    private static var wording: Wording {
        let words = [Launch.program] + CommandLine.arguments.dropFirst().filter { $0 != "--overwrite" }
        return .repeated(command: words.map(ShellWord.quoted).joined(separator: " "))
    }

    func run() throws {
        let configuration = try model.configuration()
        try configuration.requireFiles(of: sample.data)
        if let to = direction.to { _ = try SavedWeights(to) }
        let (along, scale, output) = (try directions, drawing.scale, results.output)
        try Launch.run(configuration.settings, wording: Self.wording, printing: model.printing) { cluster in
            let landscape = try configuration.located {
                try Trainer.landscape(
                    model.weights, configuration.settings, along: along, data: sample.data, options: options,
                    output: output, picture: { LandscapePicture($0, scale: scale).svg }, on: cluster
                ) { try configuration.makeModel(classes: $0) }
            }
            guard cluster.rank == 0, let landscape else { return }
            try TextOutput(path: nil).finish(results.json ? landscape.json : landscape.page(output: output))
        }
    }
}

extension PictureScale: ExpressibleByArgument {}
