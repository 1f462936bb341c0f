import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Messages

/// The loss around weights.
extension Trainer {
    /// Draws the loss at points around trained weights, on a line or a plane; collective over the cluster, the same on all
    /// ranks and at any number of them.
    ///
    ///     let landscape = try Trainer.landscape(
    ///         "runs/mine", MyNet(), settings, along: .plane, output: "runs/mine-plane", on: cluster)
    ///     if let landscape { print(landscape.least) }
    ///
    /// The folder gets landscape.csv and directions.safetensors, and keeps what is finished: a call that was stopped goes on when
    /// it is made again. `dtrain landscape` draws landscape.svg beside them.
    ///
    /// - Parameters:
    ///   - weights: A run's folder, one of its checkpoints, or a safetensors file with the run's normalization.json beside
    ///     it.
    ///   - model: The model that was trained.
    ///   - settings: The settings of its training.
    ///   - along: The directions.
    ///   - data: The data set.
    ///   - options: How it is drawn.
    ///   - output: The folder, made where it is missing.
    /// - Returns: The landscape; nil where SIGUSR1 has asked to stop before its end.
    public static func landscape(
        _ weights: String, _ model: any Model, _ settings: TrainingSettings, along: LandscapeDirections,
        data: DiagnosedData = .train, options: LandscapeOptions = LandscapeOptions(), output: String,
        on cluster: Cluster
    ) throws -> Landscape? {
        try landscape(
            weights, settings, along: along, data: data, options: options, output: output, on: cluster
        ) { _ in
            model
        }
    }

    /// The same for a model that depends on the number of classes.
    ///
    /// - Parameter picture: Makes landscape.svg; nil for none.
    package static func landscape(
        _ weights: String, _ settings: TrainingSettings, along: LandscapeDirections, data: DiagnosedData,
        options: LandscapeOptions, output: String, picture: ((Landscape) -> String)? = nil,
        on cluster: Cluster, makeModel: (Int?) throws -> any Model
    ) throws -> Landscape? {
        try worded(cluster) {
            if let problem = options.problem(along) { throw TrainingError(.configuration, problem) }
            let part = try source(of: data, settings)
            // Opened first, so that a folder that cannot be written to fails before the work.
            var folder: LandscapeFolder?
            try cluster.agree(Result { if cluster.rank == 0 { folder = try LandscapeFolder(output) } })
            let loaded = try LoadedModel(
                weights: weights, source: part.source,
                training: (settings.data.training, settings.data.normalization), loss: settings.loss,
                shards: settings.shardCount, workers: settings.workers, predicts: false, on: cluster,
                makeModel: makeModel)
            try FoundOutputs.check(along, loaded.model)
            var other: [[Float]]?
            try cluster.agree(
                Result {
                    if cluster.rank == 0 { other = try self.other(along, loaded, seed: options.seed) }
                })
            let paths = try FoundPaths(along, options, loaded)
            var looks = DiagnosisOptions()
            looks.examples = options.examples
            looks.seed = options.seed
            looks.usesBatchStatistics = options.usesBatchStatistics
            let (objective, available) = try objective(loaded, data, part.fraction, settings, looks)
            let run = LandscapeRun(
                loaded: loaded, objective: objective, batch: settings.evaluationBatch, along: along,
                paths: paths, options: options, data: data.rawValue, isSample: objective.count < available,
                runPrecision: settings.precision)
            return try run.run(in: folder, other: other, picture: picture)
        }
    }

    /// What is wrong with the outputs that a landscape is to be along, and what to do, both in the words of the command
    /// line; empty where the model for the training data has them, or where only training will tell. Reads no examples;
    /// collective.
    package static func problem(
        _ along: LandscapeDirections, _ settings: TrainingSettings, on cluster: Cluster,
        makeModel: (DatasetLayout) throws -> any Model
    ) throws -> [String] {
        guard case .outputs = along else { return [] }
        return try Agreement.fromRoot(cluster.world) {
            let source = settings.data.training
            let layout = try source.reading(for: settings.loss, makeModel: makeModel)(
                source, for: settings.loss
            ).outline()
            guard
                let model = try? TracedModel(
                    makeModel(layout), exampleShape: layout.exampleShape, target: .none, loss: settings.loss),
                let problem = FoundOutputs.problem(along, model)
            else { return [] }
            return [problem.text, problem.advice]
        }
    }

    /// The weights at the end of a line, by the model's variables; nil where it is none.
    private static func other(
        _ along: LandscapeDirections, _ loaded: LoadedModel, seed: UInt64
    ) throws -> [[Float]]? {
        switch along {
        case .line(let path): try values(at: path, loaded)
        case .permutation: try PermutedWeights(loaded.state, seed: seed).values()
        case .gradient, .eigenvectors, .plane, .path, .outputs: nil
        }
    }

    /// The values of weights that are saved elsewhere.
    private static func values(at path: String, _ loaded: LoadedModel) throws -> [[Float]] {
        let saved = try SavedWeights(path)
        let found = try saved.find()
        if !found.isFinal { loaded.cluster.note("the other weights are \(found.origin)") }
        let beside = FileManager.default.contents(atPath: saved.file(RunFolder.scalingName))
            .flatMap { try? JSONDecoder().decode(InputDescription.self, from: $0) }
        let scaling = loaded.inputs.scaling
        if let beside, beside.scaling.center != scaling.center || beside.scaling.factor != scaling.factor {
            loaded.cluster.note(
                "\(path) was trained on features of another scale: all along the line they are scaled as for the weights at its start"
            )
        }
        return try SavedWeights.values(of: found.file, for: loaded.model, tell: loaded.cluster.note).values
    }
}
