import ArgumentParser
import Cluster
import Configuration
import DataParallel
import Datasets
import Foundation
import Layers
import Training

/// What evaluate and predict have in common: trained weights, their configuration and data.
struct SavedModelOptions: ParsableArguments {
    @OptionGroup var model: TrainedModelOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            test, validation, train, a file or folder that is read as the run's own, or files as in \
            {format: idx, features: FILE, labels: FILE}; by default test, or train where there is no test set.
            """, valueName: "data"))
    var data: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The file for results, instead of standard output.", valueName: "file"))
    var output: String?

    /// The data that a command runs on.
    struct ChosenData {
        /// Its files.
        let files: DataFiles
        /// What results call it: "test", "train", or the name of a file.
        let name: String
        /// Whether `--data` gave files, rather than the name of a data set.
        var isGiven = false
        /// What a person is told about the choice.
        var note: String?
    }

    /// The data named by --data.
    private func chosenData(_ section: DataSection, predicts: Bool) throws -> ChosenData {
        switch data {
        case nil:
            if let test = section.test { return try named("test", test, predicts) }
            var chosen = try named("train", section.train, predicts)
            chosen.note =
                "there is no test set: \(predicts ? "these are predictions of" : "this evaluates") the training set; give other data with --data"
            return chosen
        case "test":
            guard let test = section.test else {
                throw ValidationError("the configuration has no data.test")
            }
            return try named("test", test, predicts)
        case "validation":
            switch section.validation {
            case .files(let files): return try named("validation", files, predicts)
            case .fraction:
                throw ValidationError(
                    "data.validation is a part of the training set, which has no files of its own: give --data train, or files"
                )
            case nil: throw ValidationError("the configuration has no data.validation")
            }
        case "train": return try named("train", section.train, predicts)
        case let given?:
            let test = section.test.flatMap { predicts || $0.hasLabels ? $0 : nil }
            let files = try DataFiles(
                given: given, like: test ?? section.train, names: ["test", "validation", "train"],
                needsLabels: !predicts)
            try files.requireFiles("--data", needsLabels: !predicts)
            let more = files.features.count > 1 ? " and \(files.features.count - 1) more" : ""
            return ChosenData(files: files, name: PathParts.name(of: files.features[0]) + more, isGiven: true)
        }
    }

    private func named(_ name: String, _ files: DataFiles, _ predicts: Bool) throws -> ChosenData {
        try files.requireFiles("data.\(name)", needsLabels: !predicts)
        return ChosenData(files: files, name: name)
    }

    /// Checks what can be checked without MPI and loads the model on all ranks.
    func run(predicts: Bool, _ body: (SavedModel, ChosenData, Cluster) throws -> Void) throws {
        let configuration = try model.configuration()
        let data = try chosenData(configuration.data, predicts: predicts)
        let source = predicts ? data.files.source.withoutLabels : data.files.source
        try Launch.run(configuration.training) { cluster in
            if let note = data.note, cluster.rank == 0 { DistributedProgram.write("dtrain: note: \(note)") }
            try Launch.located(configuration, given: data.isGiven ? data.files : nil) {
                let saved = try SavedModel(
                    weights: model.weights, source: source,
                    training: (configuration.data.train.source, configuration.data.normalize),
                    loss: configuration.loss, metrics: configuration.evaluation.metrics,
                    batch: configuration.training.evaluationBatch,
                    shards: configuration.training.shards, workers: configuration.training.workers,
                    predicts: predicts,
                    on: cluster
                ) { classes in try configuration.model.makeModel(classes: classes) }
                try body(saved, data, cluster)
            }
        }
    }
}
