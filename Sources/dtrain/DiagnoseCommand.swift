import ArgumentParser
import Cluster
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

            With --why, findings name the part that is to blame, with the numbers that show it and the key to change; also \
            of a run that diverged and left no weights.

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
        name: .customLong("gradient-error"),
        help: "Measures the error of gradients of 1, 10, 100 and 1000 examples, too.")
    var gradientError = false

    @Flag(
        name: .long,
        help: "Moves the weights along the most negative curvature to where the loss is lower, into --output."
    )
    var escape = false

    @Option(
        name: .long,
        help: ArgumentHelp("The folder for the weights that --escape finds.", valueName: "dir"))
    var output: String?

    @Flag(
        name: .long,
        help: "Measures which part of the run is to blame, too: trains small models briefly, writes none.")
    var why = false

    @Option(
        name: .customLong("why-examples"),
        help: ArgumentHelp("Examples of each set that --why takes, at most.", valueName: "n"))
    var whyExamples: Int?

    @Option(
        name: .customLong("why-steps"),
        help: ArgumentHelp("Steps that --why trains a model for, at most.", valueName: "n"))
    var whySteps: Int?

    @Flag(name: .long, help: "The result as one JSON object on one line, and nothing else.")
    var json = false

    /// Which moments batch norm uses.
    enum BatchNormMode: String, ExpressibleByArgument, CaseIterable {
        case evaluation, training
    }

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
        if !why, whyExamples != nil || whySteps != nil {
            throw ValidationError("--why-examples and --why-steps are about --why: give it, too")
        }
        if let whyExamples, whyExamples < 3 {
            throw ValidationError("--why-examples must be at least 3, is \(whyExamples)")
        }
        if let whySteps, !(1...100_000).contains(whySteps) {
            throw ValidationError("--why-steps must be from 1 to 100000, is \(whySteps)")
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
        let hasWeights = !Trainer.leftNoWeights(model.weights)
        guard hasWeights || why else {
            throw TrainingError(
                .badFile,
                "\(model.weights) holds a run without weights to look around, neither final ones nor a checkpoint: with --why its metrics say what is to blame"
            )
        }
        let configuration = try hasWeights ? model.configuration() : model.configuration(ofRun: model.weights)
        try configuration.requireFiles(of: data)
        let options = options
        try Launch.run(configuration.settings, printing: model.printing) { cluster in
            try configuration.located {
                guard hasWeights else { return try explain(configuration, options, on: cluster) }
                do { try look(configuration, options, on: cluster) } catch let error as TrainingError
                    where error.kind == .diverged && why && !escape
                {
                    // All ranks have met it: weights that the loss is no number at say no more than none.
                    try explain(configuration, options, on: cluster)
                }
            }
        }
    }

    /// Looks around the weights, and prints what it is like there.
    private func look(
        _ configuration: RunConfiguration, _ options: DiagnosisOptions, on cluster: Cluster
    ) throws {
        let diagnosis = try Trainer.diagnose(
            model.weights, configuration.settings, data: data, options: options, escapingTo: output,
            on: cluster
        ) { try configuration.makeModel(classes: $0) }
        guard cluster.rank == 0 else { return }
        try Trainer.keep(diagnosis, of: model.weights)
        let page = DiagnosisPage(diagnosis, output: output).text
        try TextOutput(path: nil).finish(json ? diagnosis.json : page)
    }

    /// Says what is to blame for a run without weights.
    private func explain(
        _ configuration: RunConfiguration, _ options: DiagnosisOptions, on cluster: Cluster
    ) throws {
        let failed = try Trainer.explain(
            model.weights, configuration.settings, options: options, on: cluster
        ) { try configuration.makeModel(classes: $0) }
        guard cluster.rank == 0 else { return }
        try Trainer.keep(failed, of: model.weights)
        try TextOutput(path: nil).finish(json ? failed.json : failed.page)
    }

    /// What the options say.
    private var options: DiagnosisOptions {
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
        options.looksFurther = true
        options.measuresGradientError = gradientError
        options.escapes = escape
        options.findsCauses = why
        if let whyExamples { options.causeExamples = whyExamples }
        if let whySteps { options.causeSteps = whySteps }
        return options
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
