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
    /// The training epoch, from 0, that random changes of the examples are drawn for; nil for none.
    var epoch: UInt64?
    /// Examples of the largest mini-batch that is to be looked at in the place of those of `order`; nil for none.
    var largestBatch: Int?
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

    /// The mean loss of one mini-batch alone, as a step sees it that draws dropout's masks from `dropoutKey`.
    func of(_ batch: Batch, dropoutKey: dt_philox_key) -> DatasetObjective {
        of([batch], dropoutKey: dropoutKey)
    }

    /// The mean loss of the mini-batches of one step together: each but the last as large as the first, of one epoch.
    func of(_ batches: [Batch], dropoutKey: dt_philox_key) -> DatasetObjective {
        precondition(
            batches.dropLast().allSatisfy { $0.count == batches[0].count }
                && batches.allSatisfy { $0.count <= batches[0].count && $0.epoch == batches[0].epoch },
            "a step's mini-batches of \(batches.map(\.count)) examples")
        let rows = batches.flatMap(\.rows)
        var objective = self
        objective.order = EpochOrder(inOrder: rows.count, subset: rows, batchSize: max(1, batches[0].count))
        objective.epoch = batches[0].epoch
        objective.dropoutKey = dropoutKey
        return objective
    }

    /// The mini-batches, in the order in which they are added up.
    var batches: [Batch] {
        (0..<order.batchCount).map { Batch(rows: order.rows[order.batch($0)], epoch: epoch) }
    }

    /// What ranks say they do meanwhile.
    var operation: RankOperation { isInStep ? .computing : .evaluating }

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
            shards: shards, workers: workers, largestBatch: max(batch, largestBatch ?? 0), usualBatch: batch,
            operation: operation, directions: directions)
    }
}
