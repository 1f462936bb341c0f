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
    /// Makes what only predicts the test set; nil where that is not asked for, or would be too much to keep.
    private let makePredictor: (() throws -> Evaluator)?

    /// Plans evaluation on all ranks.
    init(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, _ data: PreparedData,
        _ state: ModelState,
        _ cluster: Cluster
    ) throws {
        let metrics = Self.metrics(settings, rates, data.target)
        func evaluator(_ part: PreparedData.Part, predicts: Bool = false) throws -> Evaluator {
            try Evaluator(
                cluster: cluster, state: state,
                order: EpochOrder(
                    inOrder: part.dataset.examples.layout.count, subset: part.rows,
                    batchSize: settings.evaluationBatch),
                maker: BatchMaker(
                    examples: part.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
                shards: settings.shards, workers: settings.workers, predicts: predicts,
                metrics: predicts ? nil : metrics)
        }
        test = try data.test.map { try evaluator($0) }
        validation = try data.validation.map { try evaluator($0) }
        training = settings.evaluatesTraining ? try evaluator(data.training) : nil
        makePredictor = data.test.flatMap { part in
            let numbers = part.count.multipliedReportingOverflow(by: data.model.outputShape.reduce(1, *))
            let keeps =
                settings.keepsPredictions && !numbers.overflow && numbers.partialValue <= RunPredictions.most
            return keeps ? { try evaluator(part, predicts: true) } : nil
        }
    }

    /// What the weights are worth; collective.
    ///
    /// - Parameter progress: Where that is told of.
    func evaluate(_ progress: ProgressLine) throws -> RunEvent.Evaluations {
        let began = ProcessInfo.processInfo.systemUptime
        var evaluations = RunEvent.Evaluations()
        evaluations.test = try test.map { .init(try $0.totals(of: "test", progress)) }
        FaultPoint.reach(.evaluate)
        evaluations.validation = try validation.map {
            .init(try $0.totals(of: "validation", progress))
        }
        evaluations.training = try training.map { .init(try $0.totals(of: "train", progress)) }
        let count = [evaluations.test, evaluations.validation, evaluations.training].reduce(0) {
            $0 + ($1?.count ?? 0)
        }
        if count > 0 {
            evaluations.samplesPerSecond = Double(count) / (ProcessInfo.processInfo.systemUptime - began)
        }
        return evaluations
    }

    /// Calls `body` on rank 0 with what the weights say of the test set, rows of outputs in its order; collective.
    ///
    /// - Returns: Whether predictions are kept, the same on all ranks.
    func predict(_ progress: ProgressLine, _ body: (_ rows: [Float]) throws -> Void) throws -> Bool {
        guard let makePredictor else { return false }
        try makePredictor().predictions(of: "test", progress, body)
        return true
    }

    /// What evaluation reports: what is asked for, and what is watched.
    private static func metrics(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, _ target: TargetKind
    ) -> [Metric] {
        var metrics = settings.metrics ?? Metric.standard(for: target)
        let watched = [RunPolicy.watchedMetric(settings), rates.plateau?.metric.rawValue]
        for metric in watched.compactMap({ $0.flatMap(settings.metric(validation:)) })
        where metric != .loss && !metrics.contains(metric) {
            metrics.append(metric)
        }
        return metrics
    }
}
