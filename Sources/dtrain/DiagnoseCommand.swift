import ArgumentParser
import Configuration
import Datasets
import Foundation
import Training

struct DiagnoseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose",
        abstract:
            "Why does the loss not go down? Looks around trained weights, exact at any number of ranks.",
        discussion: """
            The verdict says whether the weights are a critical point of the loss, and of which kind: not_critical, \
            saddle, local_minimum, local_maximum, flat or undecided. It comes from exact products with the Hessian.

            Of a run's folder, the result stays there as diagnosis.json.
            """)

    @OptionGroup var model: TrainedModelOptions

    @Option(name: .long, help: "The data set: train, validation or test; train unless given.")
    var data: Trainer.DiagnosedData = .train

    @Option(
        name: .long,
        help: ArgumentHelp("A seeded sample of so many examples, instead of all.", valueName: "n"))
    var examples: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("What samples, start vectors and dropout masks are drawn from.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(
        name: .customLong("batch-norm"),
        help: "Batch norm by its running statistics, or by the run's own mini-batches as in training.")
    var batchNorm: BatchNormMode = .evaluation

    @Option(name: .long, help: "Whether dropout leaves elements out, the same ones throughout.")
    var dropout: Switch = .off

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The gradient's norm, divided by max |λ| · ‖θ‖, up to which weights are critical.", valueName: "t"
        ))
    var tolerance = 1e-4

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Below this an eigenvalue counts as zero; 1e-5 · max |λ| unless given.", valueName: "e"))
    var epsilon: Double?

    @Flag(name: .long, help: "Computes all eigenvalues, however many.")
    var dense = false

    @Option(name: .long, help: ArgumentHelp("Eigenvalues of each end.", valueName: "k"))
    var eigenvalues = 1

    @Flag(name: .long, help: "Estimates the Hessian's trace, too.")
    var trace = false

    @Flag(
        name: .long,
        help: "Moves the weights along the most negative curvature to where the loss is lower, into --output."
    )
    var escape = false

    @Option(
        name: .long,
        help: ArgumentHelp("The folder for the weights that --escape finds.", valueName: "dir"))
    var output: String?

    @Flag(name: .long, help: "The result as one JSON object on one line, and nothing else.")
    var json = false

    /// What batch norm does.
    enum BatchNormMode: String, ExpressibleByArgument, CaseIterable {
        case evaluation, training
    }

    /// Yes or no.
    enum Switch: String, ExpressibleByArgument, CaseIterable {
        case off, on
    }

    func validate() throws {
        if escape, output == nil {
            throw ValidationError("--escape needs a folder for the weights: give --output DIR")
        }
        if !escape, output != nil {
            throw ValidationError("--output is for the weights of --escape: give both")
        }
        if let examples, examples < 1 {
            throw ValidationError("--examples must be at least 1, is \(examples)")
        }
        guard tolerance > 0, tolerance.isFinite else {
            throw ValidationError("--tolerance must be above 0, is \(tolerance)")
        }
        if let epsilon, !(epsilon >= 0 && epsilon.isFinite) {
            throw ValidationError("--epsilon must be at least 0, is \(epsilon)")
        }
        guard (1...100).contains(eigenvalues) else {
            throw ValidationError("--eigenvalues must be from 1 to 100, is \(eigenvalues)")
        }
    }

    func run() throws {
        let configuration = try model.configuration()
        try configuration.requireFiles(of: data)
        var options = DiagnosisOptions()
        options.examples = examples
        options.seed = seed
        options.usesBatchStatistics = batchNorm == .training
        options.dropsOut = dropout == .on
        options.tolerance = tolerance
        options.epsilon = epsilon
        options.isDense = dense ? true : nil
        options.eigenvalues = eigenvalues
        options.estimatesTrace = trace
        options.escapes = escape
        let settings = configuration.settings
        try Launch.run(settings, printing: model.printing) { cluster in
            let diagnosis = try Launch.located(configuration) {
                try Trainer.diagnose(
                    model.weights, settings, data: data, options: options, escapingTo: output, on: cluster
                ) { try configuration.makeModel(classes: $0) }
            }
            guard cluster.rank == 0 else { return }
            try Trainer.keep(diagnosis, of: model.weights)
            let page = DiagnosisPage(diagnosis, weights: model.weights, output: output).text
            try TextOutput(path: nil).finish(json ? diagnosis.json : page)
        }
    }
}

extension Trainer.DiagnosedData: ExpressibleByArgument {}

extension RunConfiguration {
    /// Throws unless the files of a part of the data are there, with labels.
    func requireFiles(of data: Trainer.DiagnosedData) throws {
        let sets = settings.data
        let source: DatasetSource? =
            switch (data, sets.validation) {
            case (.train, _), (.validation, .fraction): sets.training
            case (.validation, .files(let source)): source
            case (.validation, nil): nil
            case (.test, _): sets.test
            }
        guard let source else {
            throw ValidationError("the configuration has no data.\(data.rawValue): give --data train")
        }
        try requireFiles(of: source, "data.\(data.rawValue)", needsLabels: true)
    }
}
