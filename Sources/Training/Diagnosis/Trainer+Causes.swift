import Cluster
import DataParallel
import Foundation
import Layers
import Messages

/// Finding the part of a run that is to blame.
extension Trainer {
    /// Finds what is to blame by measurements at weights, and by the metrics of their run if there are any; collective.
    ///
    /// - Parameters:
    ///   - values: The weights, on rank 0.
    ///   - edge: The rate ÷ the largest stable one.
    static func causes(
        of weights: String, _ loaded: LoadedModel, _ values: [[Float]]?, _ data: DiagnosedData,
        _ settings: TrainingSettings, _ options: DiagnosisOptions, edge: Double?
    ) throws -> FoundCauses {
        let course = try course(settings, on: loaded.cluster) {
            PathParts.folder(of: try SavedWeights(weights).file(RunFolder.metricsName))
        }
        return try CauseMeter(
            CauseData(loaded, of: data, settings), weights: values, hasWeights: true, course: course,
            edge: edge, settings, options, on: loaded.cluster, loaded.progress
        ).find()
    }

    /// Whether a path is the folder of a run that left no weights: it diverged before the first checkpoint, or was ended.
    package static func leftNoWeights(_ folder: String) -> Bool {
        let configuration = "\(folder)/\(RunFolder.configurationName)"
        return FileManager.default.fileExists(atPath: configuration) && (try? SavedWeights(folder)) == nil
    }

    /// Finds what is to blame for a run without weights, from its metrics and from its first steps, which are taken
    /// again; collective, the same at any number of ranks.
    ///
    /// - Parameters:
    ///   - folder: The run's folder.
    ///   - options: How much is measured.
    package static func explain(
        _ folder: String, _ settings: TrainingSettings, options: DiagnosisOptions, on cluster: Cluster,
        makeModel: (Int?) throws -> any Model
    ) throws -> FailedRun {
        try worded(cluster) {
            try cluster.check(shards: settings.shardCount)
            let progress = cluster.progressBesideResults
            var course = try course(settings, on: cluster) { folder } ?? RunCourse()
            course.highestRate = max(course.highestRate, configuredRate(settings))
            let data = try PreparedData(settings, on: cluster, progress) { try makeModel($0.classCount) }
            cluster.activity.enter(.preparing)
            let meter = try CauseMeter(
                CauseData(data), weights: nil, hasWeights: false, course: course, edge: nil, settings,
                options, on: cluster, progress)
            let causes = try meter.find()
            let isDiverged = meter.course?.isDiverged ?? false
            try data.free()
            return FailedRun(course: course, isDiverged: isDiverged, causes: causes)
        }
    }

    /// How a run went; nil where no step was logged. Collective.
    private static func course(
        _ settings: TrainingSettings, on cluster: Cluster, folder: () throws -> String
    ) throws -> RunCourse? {
        try Agreement.fromRoot(cluster.world) {
            let events = (try? MetricsFile.events(ofRunIn: folder())) ?? []
            return [RunCourse(events, rate: configuredRate(settings))]
        }[0]
    }

    /// The base rate of the schedule; 0 for an optimizer without a learning rate.
    private static func configuredRate(_ settings: TrainingSettings) -> Double {
        guard settings.optimizer.rule.takesLearningRate else { return 0 }
        guard let rates = try? settings.rates() else { return settings.optimizer.learningRate }
        return rates.baseRate * rates.scale
    }

    /// Writes what was found into the folder of the run that `weights` names, if it names one; rank 0 alone calls it.
    package static func keep(_ failed: FailedRun, of weights: String) throws {
        guard let run = RunFolder.owner(of: weights) else { return }
        try FileOutput.write(Data(failed.json.utf8), to: "\(run)/\(RunFolder.diagnosisName)")
    }
}

extension LoadedModel {
    /// The values of all variables, in their order.
    var values: [[Float]] { model.variables.indices.map(state.value) }
}
