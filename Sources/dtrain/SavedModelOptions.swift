import ArgumentParser
import Cluster
import Configuration
import DataParallel
import Datasets
import Foundation
import Layers
import Training

/// The options that evaluate and predict share: trained weights, their configuration and data.
struct SavedModelOptions: ParsableArguments {
    @OptionGroup var model: TrainedModelOptions
    @OptionGroup(title: title) var results: Results

    /// The title of the results' options in help.
    static let title = "Results"

    /// What results are of, and where they go.
    struct Results: ParsableArguments {
        @Option(
            name: .long,
            help: ArgumentHelp(
                "test (the default), validation, train, or files.", valueName: "data"),
            completion: Completion.words(
                ["test", "validation", "train"], orFiles: ["csv", "tsv", "npy", "gz"]))
        var data: String?

        @Option(
            name: .long,
            help: ArgumentHelp("The file for results, instead of standard output.", valueName: "file"),
            completion: .file())
        var output: String?
    }

    /// What manual pages tell of --data, and of weights.
    static let details = [
        "With --data a file or folder is read as the run's own data are, and other files are told as in {format: idx, features: FILE, labels: FILE}. Without --data results are of the test set, or of the training set where there is no test set.",
        "Of a run that has not ended the best weights are taken, else its newest checkpoint.",
    ]

    /// The data that a command runs on.
    struct ChosenData {
        /// Where the examples are.
        let source: DatasetSource
        /// The name in results: "test", "train", or the name of a file.
        let name: String
        /// Whether `--data` gave files, rather than the name of a data set.
        var isGiven = false
        /// The part of them that training held out, if results are of that.
        var fraction: Double?
        /// A message about the choice, if there is one.
        var note: String?
    }

    /// The data that --data names, or the default.
    private func chosenData(_ configuration: RunConfiguration, predicts: Bool) throws -> ChosenData {
        let sets = configuration.settings.data
        func named(_ name: String, _ source: DatasetSource) throws -> ChosenData {
            try configuration.requireFiles(of: source, "data.\(name)", needsLabels: !predicts)
            return ChosenData(source: source, name: name)
        }
        switch results.data {
        case nil:
            if let test = sets.test { return try named("test", test) }
            var chosen = try named("train", sets.training)
            chosen.note =
                "there is no test set: \(predicts ? "these are predictions of" : "this evaluates") the training set; give other data with --data"
            return chosen
        case "test":
            guard let test = sets.test else {
                throw ValidationError("the configuration has no data.test: give --data train, or files")
            }
            return try named("test", test)
        case "validation":
            switch sets.validation {
            case .files(let source): return try named("validation", source)
            case .fraction(let fraction):
                try configuration.requireFiles(of: sets.training, "data.train", needsLabels: !predicts)
                return ChosenData(source: sets.training, name: "validation", fraction: fraction)
            case nil:
                throw ValidationError("the configuration has no data.validation: give --data train, or files")
            }
        case "train": return try named("train", sets.training)
        case let given?:
            let test = sets.test.flatMap { predicts || $0.hasLabels ? $0 : nil }
            let source = try GivenData(
                given, like: test ?? sets.training, names: ["test", "validation", "train"],
                needsLabels: !predicts
            ).source.seeded(configuration.settings.seed)
            try source.requireFiles("--data", needsLabels: !predicts)
            return ChosenData(source: source, name: PathParts.name(of: source.name), isGiven: true)
        }
    }

    /// Checks what can be checked without MPI, then loads the model on all ranks and calls `body`.
    func run(predicts: Bool, _ body: (SavedModel, ChosenData, Cluster) throws -> Void) throws {
        let configuration = try model.configuration()
        let data = try chosenData(configuration, predicts: predicts)
        let source = predicts ? data.source.withoutLabels : data.source
        let settings = configuration.settings
        try Launch.run(settings, printing: model.printing) { cluster in
            if let note = data.note, cluster.rank == 0 { cluster.note(note) }
            try configuration.located(given: data.isGiven ? data.source : nil) {
                let saved = try SavedModel(
                    weights: model.weights, source: source,
                    training: (settings.data.training, settings.data.normalization),
                    heldOut: data.fraction.map { ($0, settings.seed) }, loss: settings.loss,
                    metrics: settings.metrics, batch: settings.evaluationBatch,
                    shards: settings.shardCount, workers: settings.workers,
                    precision: settings.precision, predicts: predicts,
                    on: cluster
                ) { classes in try configuration.makeModel(classes: classes) }
                try body(saved, data, cluster)
            }
        }
    }
}
