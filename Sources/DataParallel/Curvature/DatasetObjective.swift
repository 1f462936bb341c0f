import CKernels
import Cluster
import Datasets
import Layers
import Runtime

/// A data set's mean loss as a function of the parameters: the examples and mini-batches, and what stays fixed from one
/// evaluation to the next, such as dropout's masks.
package struct DatasetObjective {
    /// The data set's mini-batches.
    package var order: EpochOrder
    /// The training epoch, from 0, whose random augmentation the examples get; nil for none.
    var epoch: UInt64?
    /// The examples of the largest mini-batch that may replace those of `order`; nil for none.
    var largestBatch: Int?
    /// Makes the inputs of mini-batches.
    package var maker: BatchMaker
    /// Shards of every mini-batch.
    package var shards: Int
    /// Worker threads of each rank; nil for its share of the node's cores.
    package var workers: Int?
    /// The key of dropout's masks, the same in every evaluation.
    package var dropoutKey: dt_philox_key
    /// How batch norm and dropout behave.
    package var mode: TracedModel.ObjectiveMode
    /// Whether the passes are part of a training step; other ranks that wait for this one then report so.
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

    /// The number of examples.
    package var count: Int { order.count }

    /// The mean loss of one mini-batch, with the dropout masks of the step that `dropoutKey` belongs to.
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

    /// What this rank reports to be doing during a pass.
    var operation: RankOperation { isInStep ? .computing : .evaluating }

    /// The sum of the labels' weights; nil where every example counts 1.
    func labelWeight(of model: TracedModel) -> Double? {
        LabelWeights(model, examples: maker.examples)?.sum(order.rows[...])
    }

    /// The numbers that programs read with a mini-batch. Where labels have weights the divisor is the weight of the whole data
    /// set.
    func scalars(_ batch: Batch, labelWeight: Double?) -> StepScalars {
        StepScalars(
            batchCount: Float(batch.count),
            labelWeightSum: labelWeight.map { $0 > 0 ? Float($0) : .infinity } ?? 1, dropoutKey: dropoutKey)
    }

    /// The settings of a pass over this data set.
    func passSettings(directions: UnsafeMutableRawPointer? = nil) -> ShardPass.Settings {
        let batch = max(1, min(order.batchSize, order.count))
        return ShardPass.Settings(
            shards: shards, workers: workers, largestBatch: max(batch, largestBatch ?? 0), usualBatch: batch,
            operation: operation, directions: directions)
    }
}
