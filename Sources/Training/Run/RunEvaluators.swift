import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers

/// Evaluates the sets of a run that there are.
struct RunEvaluators {
    private let test: Evaluator?
    private let validation: Evaluator?
    /// Where it was asked for.
    private let training: Evaluator?

    /// Plans evaluation on all ranks.
    init(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, _ data: PreparedData,
        _ state: ModelState,
        _ cluster: Cluster
    ) throws {
        let metrics = Self.metrics(settings, rates, data.target)
        func evaluator(_ part: PreparedData.Part?) throws -> Evaluator? {
            guard let part else { return nil }
            return try Evaluator(
                cluster: cluster, state: state,
                order: EpochOrder(
                    inOrder: part.dataset.examples.layout.count, subset: part.rows,
                    batchSize: settings.evaluationBatch),
                maker: BatchMaker(
                    examples: part.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
                shards: settings.shards, workers: settings.workers, metrics: metrics)
        }
        test = try evaluator(data.test)
        validation = try evaluator(data.validation)
        training = try evaluator(settings.evaluatesTraining ? data.training : nil)
    }

    /// What the weights are worth; collective.
    func evaluate() throws -> RunEvent.Evaluations {
        let began = ProcessInfo.processInfo.systemUptime
        var evaluations = RunEvent.Evaluations(test: try test.map { .init(try $0.totals()) })
        FaultPoint.reach(.evaluate)
        evaluations.validation = try validation.map { .init(try $0.totals()) }
        evaluations.training = try training.map { .init(try $0.totals()) }
        let count = [evaluations.test, evaluations.validation, evaluations.training].reduce(0) {
            $0 + ($1?.count ?? 0)
        }
        if count > 0 {
            evaluations.samplesPerSecond = Double(count) / (ProcessInfo.processInfo.systemUptime - began)
        }
        return evaluations
    }

    /// What evaluation reports: what is asked for, and what is watched.
    private static func metrics(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, _ target: TargetKind
    ) -> [Metric] {
        var metrics = settings.metrics ?? Metric.standard(for: target)
        let watched = [RunPolicy.watchedMetric(settings), rates.plateau?.metric.rawValue]
        for metric in watched.compactMap({ $0.flatMap(Metric.init(validation:)) })
        where metric != .loss && !metrics.contains(metric) {
            metrics.append(metric)
        }
        return metrics
    }
}
