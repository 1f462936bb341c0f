import CKernels
import Cluster
import Datasets
import Layers
import Runtime

/// A data set's mean loss as a function of the parameters: which examples in which mini-batches, and what is drawn and held
/// fixed while it is looked at.
package struct DatasetObjective {
    /// The data set's mini-batches.
    package var order: EpochOrder
    /// Makes their examples.
    package var maker: BatchMaker
    /// Shards of every mini-batch.
    package var shards: Int
    /// Threads of each rank; nil for its share of the node's cores.
    package var workers: Int?
    /// What dropout draws from, the same at every look.
    package var dropoutKey: dt_philox_key
    /// What batch norm and dropout do.
    package var mode: TracedModel.ObjectiveMode
    /// Whether the passes make part of a training step, rather than look at a data set: for those that wait.
    package var isInStep = false

    /// The mean loss over the mini-batches of `order`.
    package init(
        order: EpochOrder, maker: BatchMaker, shards: Int, workers: Int?, dropoutKey: dt_philox_key,
        mode: TracedModel.ObjectiveMode = TracedModel.ObjectiveMode()
    ) {
        self.order = order
        self.maker = maker
        self.shards = shards
        self.workers = workers
        self.dropoutKey = dropoutKey
        self.mode = mode
    }

    /// Examples.
    package var count: Int { order.count }

    /// Σ weight of the examples by class, where the loss weighs them.
    func labelWeight(of model: TracedModel) -> Double? {
        model.loss.function.classWeights.map {
            LabelWeights($0, examples: maker.examples).sum(order.rows[...])
        }
    }

    /// What programs read of a mini-batch: a loss that weighs classes is divided by the weight of the whole set at once.
    func scalars(_ batch: Batch, labelWeight: Double?) -> StepScalars {
        StepScalars(
            batchCount: Float(batch.count),
            labelWeightSum: labelWeight.map { $0 > 0 ? Float($0) : .infinity } ?? 1, dropoutKey: dropoutKey)
    }

    /// What a pass over it is made of.
    func passSettings(directions: UnsafeMutableRawPointer? = nil) -> ShardPass.Settings {
        let batch = max(1, min(order.batchSize, order.count))
        return ShardPass.Settings(
            shards: shards, workers: workers, largestBatch: batch, usualBatch: batch, operation: .evaluating,
            directions: directions)
    }
}
