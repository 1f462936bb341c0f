import DataParallel
import Datasets
import Layers
import Spectrum

extension RunPreparation {
    /// Diagnoses the loss over all training examples around the weights, and moves them if they are at a saddle; nil
    /// where curvature is not finite. Collective.
    ///
    /// - Parameters:
    ///   - epoch: The next epoch, from 0, of `plan`.
    ///   - rate: The learning rate of the last step.
    func diagnosePlateau(beforeEpoch epoch: Int, _ plan: RunPlan, rate: Double) throws -> Diagnosis? {
        let training = data.training
        var options = DiagnosisOptions()
        options.seed = settings.seed
        options.usesBatchStatistics = model.usesBatchStatistics
        options.escapes = true
        options.escapesSaddlesOnly = true
        let order =
            model.usesBatchStatistics
            ? order(ofEpoch: epoch, in: plan)
            : Trainer.inOrder(
                training.dataset.examples.layout.count, training.rows, batch: plan.batches[epoch],
                shards: settings.shardCount)
        let objective = DatasetObjective(
            order: order,
            maker: BatchMaker(
                examples: training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
            shards: settings.shardCount, workers: settings.workers,
            dropoutKey: Trainer.dropoutKey(seed: options.seed),
            mode: TracedModel.ObjectiveMode(
                usesBatchStatistics: options.usesBatchStatistics, dropsOut: options.dropsOut))
        do {
            return try Diagnoser(
                cluster: cluster, state: replica.state, objective: objective, options: options,
                data: Trainer.DiagnosedData.train.rawValue, optimizer: settings.optimizer, rate: rate,
                progress: progress
            ).run()
        } catch is SpectrumError {
            // Thrown by products with the Hessian, all of which are taken before the weights move.
            return nil
        }
    }
}
