import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers

/// One evaluation of a run's weights.
struct RunEvaluation {
    /// Loss and metrics of each set.
    var values = RunEvent.Evaluations()
    /// On rank 0 the model's outputs for the test set, row by row, where they are kept; on other ranks nothing, or no rows.
    var testOutputs: [Float]?
}

/// Evaluates those of a run's test, validation and training sets that exist or were asked for.
struct RunEvaluators {
    private let test: Evaluator?
    private let validation: Evaluator?
    /// Nil unless the evaluation of training data was asked for.
    private let training: Evaluator?
    /// Whether the last weights' outputs for the test set are kept.
    private let keepsPredictions: Bool

    /// Plans evaluation on all ranks.
    init(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, _ data: PreparedData,
        _ state: ModelState,
        _ cluster: Cluster
    ) throws {
        let metrics = Self.metrics(settings, rates, data.model)
        func evaluator(_ part: PreparedData.Part) throws -> Evaluator {
            try Evaluator(
                cluster: cluster, state: state,
                order: EpochOrder(
                    inOrder: part.dataset.examples.layout.count, subset: part.rows,
                    batchSize: settings.evaluationBatch),
                maker: BatchMaker(
                    examples: part.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
                shards: settings.shardCount, workers: settings.workers, metrics: metrics,
                precision: settings.precision)
        }
        test = try data.test.map { try evaluator($0) }
        validation = try data.validation.map { try evaluator($0) }
        training = settings.evaluatesTraining ? try evaluator(data.training) : nil
        keepsPredictions =
            settings.keepsPredictions
            && data.test.map { test in
                let numbers = test.count.multipliedReportingOverflow(
                    by: data.model.outputShape.reduce(1, *))
                return !numbers.overflow && numbers.partialValue <= RunPredictions.most
            } ?? false
    }

    /// Evaluates the current weights; collective.
    ///
    /// - Parameters:
    ///   - areLast: Whether the run may end with these weights, so that their outputs for the test set are kept.
    ///   - progress: Shows how far the evaluation is.
    func evaluate(areLast: Bool, _ progress: ProgressLine) throws -> RunEvaluation {
        let began = ProcessInfo.processInfo.systemUptime
        var found = RunEvaluation()
        if let test {
            var outputs: [Float] = []
            let keeps = areLast && keepsPredictions
            found.values.test = .init(
                try test.totals(of: "test", progress, predictions: keeps ? { outputs += $0 } : nil))
            if keeps { found.testOutputs = outputs }
        }
        FaultPoint.reach(.evaluate)
        found.values.validation = try validation.map {
            .init(try $0.totals(of: "validation", progress))
        }
        found.values.training = try training.map { .init(try $0.totals(of: "train", progress)) }
        let count = [found.values.test, found.values.validation, found.values.training].reduce(0) {
            $0 + ($1?.count ?? 0)
        }
        if count > 0 {
            found.values.samplesPerSecond =
                Double(count) / (ProcessInfo.processInfo.systemUptime - began)
        }
        return found
    }

    /// The metrics that are asked for, and those that early stopping or the learning rate schedule watch.
    private static func metrics(
        _ settings: TrainingSettings, _ rates: LearningRateSchedule, _ model: TracedModel
    ) -> [Metric] {
        var metrics = settings.metrics ?? Metric.standard(for: model)
        let watched = [RunPolicy.watchedMetric(settings), rates.plateau?.metric.rawValue]
        for metric in watched.compactMap({ $0.flatMap(settings.metric(validation:)) })
        where metric != .loss && !metrics.contains(metric) {
            metrics.append(metric)
        }
        return metrics
    }
}
