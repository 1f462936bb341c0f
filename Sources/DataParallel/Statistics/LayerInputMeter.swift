import CKernels
import Cluster
import Datasets
import Graph
import Layers
import Runtime

/// Measures the distribution of what each layer with a weight reads, over the same examples every time, as one mini-batch:
/// in training's own mode, without dropout and augmentation, and without a change of states.
package final class LayerInputMeter {
    /// The layers.
    package let layers: [TracedModel.LayerInput]
    private let cluster: Cluster
    private let pass: ShardPass
    private let batch: Batch

    /// The most examples of a sample.
    package static let mostExamples = 256

    /// Plans the pass; collective over the cluster.
    ///
    /// - Parameters:
    ///   - rows: The examples.
    ///   - maker: Makes mini-batches of the data set.
    ///   - precision: How activations are stored.
    package init(
        cluster: Cluster, state: ModelState, rows: [Int32], maker: BatchMaker, shards: Int, workers: Int?,
        precision: Precision = .float32
    ) throws {
        let model = state.model
        self.cluster = cluster
        layers = model.layerInputs
        batch = Batch(rows: rows[...])
        pass = try ShardPass(
            cluster: cluster, state: state, maker: maker,
            settings: ShardPass.Settings(
                shards: shards, workers: workers, largestBatch: rows.count, usualBatch: rows.count,
                operation: .evaluating)
        ) { model.layerInputGraph($0).loweringBatchNorm().stored(in: precision) }
        try pass.plan(batch: rows.count)
    }

    /// Gives shared memory back; collective over the cluster.
    package func free() throws { try pass.free() }

    /// The moments of what each layer reads at the current weights; collective over the cluster, the same on all ranks and
    /// at any number of them.
    package func moments() throws -> [LayerMoments] {
        cluster.activity.enter(.evaluating)
        cluster.activity.advance()
        let width = layers.reduce(0) { $0 + Self.size($1) }
        // Workers write different elements at the same time, which an Array does not allow.
        let own = UnsafeMutableBufferPointer<Double>.allocate(capacity: max(1, pass.owned.count * width))
        defer { own.deallocate() }
        own.initialize(repeating: 0)
        try pass.run(
            batch,
            scalars: StepScalars(
                batchCount: Float(batch.count), dropoutKey: dt_philox_key(word: (0, 0))),
            read: { place, _, program in
                let shard = pass.owned.lowerBound + place
                let examples = pass.map.examples(of: shard..<shard + 1, batch: batch.count).count
                var start = place * width
                for (number, layer) in layers.enumerated() {
                    guard let values = program.output(.layerInput(number)) else { continue }
                    let moments = LayerMoments(
                        values.assumingMemoryBound(to: Float.self), examples: examples * layer.rows,
                        width: layer.width,
                        positions: layer.positions)
                    for value in moments.numbers {
                        own[start] = value
                        start += 1
                    }
                }
            })
        let counts = pass.map.owned.map { $0.count * width }
        let all = try cluster.world.allGather(Array(own[..<(pass.owned.count * width)]), counts: counts)
        // No rank goes on to change weights, or the statistics of shards, while another still reads them.
        try cluster.world.barrier()
        return merged(all, width)
    }

    /// The moments of all shards, added in their order.
    private func merged(_ numbers: [Double], _ width: Int) -> [LayerMoments] {
        var shards: [Int] = []
        for owned in pass.map.owned { shards += owned }
        let places = shards.indices.sorted { shards[$0] < shards[$1] }
        var start = 0
        return layers.map { layer in
            defer { start += Self.size(layer) }
            var sum = LayerMoments(width: layer.width)
            for place in places {
                let first = place * width + start
                sum.add(LayerMoments(numbers: numbers[first..<first + Self.size(layer)], width: layer.width))
            }
            return sum
        }
    }

    /// The numbers of a layer's moments.
    private static func size(_ layer: TracedModel.LayerInput) -> Int { 1 + 2 * layer.width }
}
