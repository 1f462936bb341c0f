import DataParallel
import Datasets
import Layers
import Spectrum

extension RunPreparation {
    /// What the loss over all training examples is like around the weights, which are moved if they are at a saddle; nil
    /// where its curvature is not finite. Collective.
    ///
    /// - Parameters:
    ///   - epoch: The epoch that comes, from 0, in a run that is cut as `plan` says.
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
                training.dataset.examples.layout.count, training.rows, batch: plan.batches[epoch])
        let objective = DatasetObjective(
            order: order,
            maker: BatchMaker(
                examples: training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
            shards: settings.shards, workers: settings.workers,
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
            // It comes of products, all of which are taken where the weights stand.
            return nil
        }
    }
}
