import Cluster
import Datasets
import Layers

/// A model's outputs for examples of a data set, as the features of a data set with the same rows and labels; held once
/// per node.
package final class ModelOutputs {
    /// The outputs. Rows that were not asked for are 0.
    package let examples: StoredExamples
    /// The mean of each output over the rows.
    package let means: [Double]
    /// Whether all outputs are finite.
    package let areFinite: Bool
    private let memory: NodeMemory

    /// Computes the outputs as in evaluation, before the model's `outputEnd`; collective over the cluster.
    ///
    /// - Parameters:
    ///   - order: The examples, each once.
    ///   - maker: Makes mini-batches of the data set.
    package init(
        cluster: Cluster, state: ModelState, order: EpochOrder, maker: BatchMaker, shards: Int, workers: Int?
    ) throws {
        let (model, layout) = (state.model, maker.examples.layout)
        let width = model.outputShape.reduce(1, *)
        var outputs = DatasetLayout(
            count: layout.count, exampleShape: model.outputShape, elementType: .float32,
            labels: layout.labels, classCount: layout.classCount)
        outputs.labelShape = layout.labelShape
        memory = try NodeMemory(
            byteCount: max(64, outputs.featureBytes), for: .data("the model's outputs"), on: cluster)
        let evaluator = try Evaluator(
            cluster: cluster, state: state, order: order, maker: maker, shards: shards, workers: workers,
            reading: Evaluator.Reading(outputsOf: model))
        var all: [Float] = []
        try evaluator.predictions { all += $0 }
        if cluster.rank != 0 { all = Array(repeating: 0, count: order.count * width) }
        try cluster.world.broadcast(&all, root: 0)
        var sums = Array(repeating: 0.0, count: width)
        for (place, value) in all.enumerated() { sums[place % width] += Double(value) }
        means = sums.map { $0 / Double(max(1, order.count)) }
        areFinite = all.allSatisfy(\.isFinite)
        if cluster.node.rank == 0 {
            let base = memory.base.assumingMemoryBound(to: Float.self)
            for (place, row) in order.rows.enumerated() {
                for column in 0..<width { base[Int(row) * width + column] = all[place * width + column] }
            }
        }
        // Before any rank reads what its node's first has written.
        try cluster.world.barrier()
        examples = StoredExamples(
            layout: outputs, features: UnsafeRawPointer(memory.base), labels: maker.examples.labels,
            owner: memory)
    }

    /// Gives shared memory back; collective over the node.
    package func free() throws { try memory.free() }
}
