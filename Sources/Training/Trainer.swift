import Cluster
import DataParallel
import Datasets
import Foundation
import Layers

/// Trains models; see `DistributedProgram` for the program around it.
public enum Trainer {
    /// Trains `model` with `settings`; collective over the cluster.
    public static func train(
        _ model: any Model, _ settings: TrainingSettings, on cluster: Cluster
    ) throws -> TrainingResult {
        try train(settings, on: cluster) { _ in model }
    }

    /// Trains the model that `makeModel` returns for the training data; collective over the cluster.
    ///
    /// - Parameter started: The system's uptime in seconds when the program started; 0 for now.
    public static func train(
        _ settings: TrainingSettings, on cluster: Cluster, started: Double = 0,
        makeModel: (DatasetLayout) throws -> any Model
    ) throws -> TrainingResult {
        let start = started > 0 ? started : ProcessInfo.processInfo.systemUptime
        return try worded(cluster) {
            let prepared = try RunPreparation(settings, on: cluster, start: start, makeModel: makeModel)
            guard !settings.isDryRun else {
                let result = try DryRun(prepared: prepared).run()
                try prepared.free()
                return result
            }
            let run = try TrainingRun(prepared)
            func free() throws {
                try run.free()
                try prepared.free()
            }
            let result: TrainingResult
            do { result = try run.run() } catch let error as TrainingError where error.kind == .diverged {
                // All ranks throw if a run diverges, and the program may continue with another run.
                try free()
                throw error
            }
            try free()
            return result
        }
    }

    /// Makes everything ready that a run needs before its first step, all data read and checked, and prints what was
    /// found with all notes; takes no step and writes nothing. Throws what the run would throw until there; collective.
    ///
    /// - Parameter started: The system's uptime in seconds when the program started.
    package static func check(
        _ settings: TrainingSettings, on cluster: Cluster, started: Double,
        makeModel: (DatasetLayout) throws -> any Model
    ) throws {
        var settings = settings
        settings.isDryRun = true
        try worded(cluster) {
            let prepared = try RunPreparation(settings, on: cluster, start: started, makeModel: makeModel)
            try RunCheck(prepared: prepared).run()
            try prepared.free()
        }
    }

    /// Runs `body`; its errors name settings as a Swift program does.
    static func worded<T>(_ cluster: Cluster, _ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as TrainingError {
            throw TrainingError(
                error.kind, cluster.guidance.wording(error.description), about: error.subject)
        }
    }
}
