import ArgumentParser
import Cluster
import Configuration
import Datasets
import Foundation
import Training

struct DiagnoseCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose", abstract: "Why does the loss not fall any further?",
        usage: "dtrain diagnose <run-or-weights> [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: [
            "Looks around the weights, exactly: no critical point, saddle, minimum, maximum or flat. With --why it names the part of a run that is to blame."
        ],
        details: [
            "The verdict says whether the weights are a critical point of the loss, and of which kind: not_critical, saddle, local_minimum, local_maximum, flat or undecided. It comes from products with the Hessian, exact at any number of ranks. Weights are critical where the gradient's norm, divided by the largest magnitude of an eigenvalue and by the norm of the weights, is at most --tolerance; eigenvalues below --epsilon count as zero, by default below 1e-5 of the largest one.",
            "With --why, findings name the part that is to blame, with the numbers that show it and the key to change; also of a run that diverged and left no weights. It trains small models briefly and writes none.",
            "--escape moves the weights along the most negative curvature to where the loss is lower. With --dropout on, the same elements are left out throughout.",
        ],
        examples: [
            .init("dtrain diagnose runs/houses --why", "verdict and causes"),
            .init("mpirun -n 4 dtrain diagnose runs/x --examples 4096", "on 4 ranks"),
            .init("dtrain diagnose runs/x --escape --output runs/lower", "leaves a saddle"),
        ],
        files: [.init("diagnosis.json", "The result, in the folder of the run that was looked at.")])

    @OptionGroup var model: TrainedModelOptions
    @OptionGroup(title: "Result") var measures: Measures
    @OptionGroup(title: SampleOptions.title) var sample: SampleOptions

    @Option(
        name: .customLong("why-examples"),
        help: ArgumentHelp("Examples of each set that --why takes, at most.", valueName: "n"))
    var whyExamples: Int?

    @Option(
        name: .customLong("why-steps"),
        help: ArgumentHelp("Steps that --why trains a model for, at most.", valueName: "n"))
    var whySteps: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("How small a critical gradient is.", valueName: "t"))
    var tolerance = 1e-4

    @Option(
        name: .long,
        help: ArgumentHelp("Smaller eigenvalues count as zero.", valueName: "e"))
    var epsilon: Double?

    @Option(name: .long, help: "Whether dropout leaves elements out.")
    var dropout: Switch = .off

    /// What is measured and done.
    struct Measures: ParsableArguments {
        @Flag(name: .long, help: "Measures which part of the run is to blame, too.")
        var why = false

        @Flag(name: .long, help: "Writes weights with a lower loss, into --output.")
        var escape = false

        @Option(
            name: .long, help: ArgumentHelp("The folder for the weights of --escape.", valueName: "dir"),
            completion: .directory)
        var output: String?

        @Option(name: .long, help: ArgumentHelp("Eigenvalues of each end.", valueName: "k"))
        var eigenvalues = 1

        @Flag(name: .long, help: "Computes all eigenvalues, however many.")
        var dense = false

        @Flag(name: .long, help: "Estimates the Hessian's trace, too.")
        var trace = false

        @Flag(
            name: .customLong("gradient-error"),
            help: "Measures errors of gradients of few examples, too.")
        var gradientError = false

        @Flag(name: .long, help: "The result as one JSON object on one line.")
        var json = false
    }

    enum Switch: String, ExpressibleByArgument, CaseIterable {
        case off, on
    }

    func validate() throws {
        if measures.escape, measures.output == nil {
            throw ValidationError("--escape needs a folder for the weights: give --output DIR")
        }
        if !measures.escape, measures.output != nil {
            throw ValidationError("--output is for the weights of --escape: give both")
        }
        if let examples = sample.examples, examples < 1 {
            throw ValidationError("--examples must be at least 1, is \(examples)")
        }
        if !measures.why, whyExamples != nil || whySteps != nil {
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
        guard (1...100).contains(measures.eigenvalues) else {
            throw ValidationError("--eigenvalues must be from 1 to 100, is \(measures.eigenvalues)")
        }
    }

    func run() throws {
        let hasWeights = !Trainer.leftNoWeights(model.weights)
        guard hasWeights || measures.why else {
            throw TrainingError(
                .badFile,
                "\(model.weights) holds a run without weights to look around, neither final ones nor a checkpoint: with --why its metrics say what is to blame"
            )
        }
        let configuration = try hasWeights ? model.configuration() : model.configuration(ofRun: model.weights)
        try configuration.requireFiles(of: sample.data)
        let options = options
        try Launch.run(configuration.settings, printing: model.printing) { cluster in
            try configuration.located {
                guard hasWeights else { return try explain(configuration, options, on: cluster) }
                do { try look(configuration, options, on: cluster) } catch let error as TrainingError
                    where error.kind == .diverged && measures.why && !measures.escape
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
            model.weights, configuration.settings, data: sample.data, options: options,
            escapingTo: measures.output,
            on: cluster
        ) { try configuration.makeModel(classes: $0) }
        guard cluster.rank == 0 else { return }
        try Trainer.keep(diagnosis, of: model.weights)
        let page = DiagnosisPage(diagnosis, output: measures.output).text
        try TextOutput(path: nil).finish(measures.json ? diagnosis.json : page)
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
        try TextOutput(path: nil).finish(measures.json ? failed.json : failed.page)
    }

    /// What the options say.
    private var options: DiagnosisOptions {
        var options = DiagnosisOptions()
        options.examples = sample.examples
        options.seed = sample.seed
        options.usesBatchStatistics = sample.batchNorm == .training
        options.dropsOut = dropout == .on
        options.tolerance = tolerance
        options.epsilon = epsilon
        options.isDense = measures.dense ? true : nil
        options.eigenvalues = measures.eigenvalues
        options.estimatesTrace = measures.trace
        options.looksFurther = true
        options.measuresGradientError = measures.gradientError
        options.escapes = measures.escape
        options.findsCauses = measures.why
        if let whyExamples { options.causeExamples = whyExamples }
        if let whySteps { options.causeSteps = whySteps }
        return options
    }
}

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
