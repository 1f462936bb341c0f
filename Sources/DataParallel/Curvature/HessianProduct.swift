import CKernels
import Cluster
import Datasets
import Runtime

/// The exact product H · v of the Hessian of a data set's mean loss with a vector, the same bytes at any number of ranks.
///
/// H is that of the model in training: each mini-batch has its own batch statistics, over all of its shards where these
/// are synchronized, and its own dropout masks, the same in every product. The products of mini-batches are weighted by
/// their examples and added in order in Float64.
package final class HessianProduct {
    /// What the Hessian is multiplied with.
    package let direction: ParameterVector
    /// What that gave, on every node.
    package let product: ParameterVector
    private let cluster: Cluster
    private let pass: ShardPass
    private let sink: GradientSink
    private let order: EpochOrder
    private let dropoutKey: dt_philox_key
    private let labelWeights: LabelWeights?
    private let sums: UnsafeMutableRawPointer
    private let sumBytes: Int

    /// Plans the product for the parameters of `state`; collective over the cluster.
    ///
    /// - Parameters:
    ///   - order: The data set's mini-batches.
    ///   - maker: Makes their examples.
    ///   - workers: Threads of each rank; nil for its share of the node's cores.
    ///   - dropoutKey: What dropout draws from.
    package init(
        cluster: Cluster, state: ModelState, order: EpochOrder, maker: BatchMaker, shards: Int, workers: Int?,
        dropoutKey: dt_philox_key
    ) throws {
        self.cluster = cluster
        self.order = order
        self.dropoutKey = dropoutKey
        let (model, layout) = (state.model, state.layout)
        direction = try ParameterVector(cluster: cluster, layout: layout, for: .model("a direction"))
        product = try ParameterVector(cluster: cluster, layout: layout, for: .model("a Hessian's product"))
        let groups = layout.groups
        let batch = max(1, min(order.batchSize, order.count))
        pass = try ShardPass(
            cluster: cluster, state: state, maker: maker,
            settings: ShardPass.Settings(
                shards: shards, workers: workers, largestBatch: batch, usualBatch: batch,
                operation: .evaluating, directions: UnsafeMutableRawPointer(direction.base))
        ) { model.hessianProductGraph($0).reducingGradients(in: groups) }
        let exchange = try GradientExchange(
            cluster: cluster, map: pass.map, layout: layout, control: .none)
        sink = GradientSink(
            exchange, program: pass.skeleton, layout: layout, map: pass.map, cluster: cluster,
            precision: .float32)
        labelWeights = model.loss.function.classWeights.map { LabelWeights($0, examples: maker.examples) }
        sumBytes = exchange.duties.map(\.slice.elements.count).reduce(0, +) * MemoryLayout<Double>.stride
        sums = try PrivateMemory.allocate(sumBytes, for: .model("a Hessian's product"))
    }

    deinit { PrivateMemory.free(sums, sumBytes) }

    /// Gives shared memory back; collective over the cluster.
    package func free() throws {
        try pass.free()
        try sink.exchange.free()
        try direction.free()
        try product.free()
    }

    /// Puts H · `direction` in `product`; collective over the cluster.
    package func multiply() throws {
        let total = labelWeights.map { $0.sum(order.rows[...]) }
        for index in 0..<order.batchCount {
            cluster.activity.enter(.evaluating)
            cluster.activity.advance()
            let batch = Batch(rows: order.rows[order.batch(index)])
            let scalars = StepScalars(
                batchCount: Float(batch.count),
                labelWeightSum: total.map { $0 > 0 ? Float($0) : .infinity } ?? 1, dropoutKey: dropoutKey)
            try pass.run(batch, scalars: scalars, into: sink)
            // Until the node's ranks have their slices, none may write the next mini-batch's partial sums.
            sink.exchange.reach(.finished, step: pass.number)
            sink.exchange.await(.finished, step: pass.number)
            // A loss that weighs classes is divided by the weight of the whole data set at once.
            add(share: total == nil ? Double(batch.count) / Double(order.count) : 1, isFirst: index == 0)
            sink.exchange.reset()
        }
        forEachSlice { slice, sums in
            for place in slice.indices { product.base[place] = Float(sums[place - slice.lowerBound]) }
        }
        try cluster.world.barrier()
    }

    /// Adds `share` times the sum of the mini-batch that was just computed.
    private func add(share: Double, isFirst: Bool) {
        let sum = sink.exchange.sum
        forEachSlice { slice, sums in
            for place in slice.indices {
                let value = share * Double(sum[place])
                sums[place - slice.lowerBound] = isFirst ? value : sums[place - slice.lowerBound] + value
            }
        }
    }

    /// Calls `body` with the elements of each slice this rank holds for its node, and where their sums stand.
    private func forEachSlice(_ body: (Range<Int>, UnsafeMutablePointer<Double>) -> Void) {
        var sums = sums.assumingMemoryBound(to: Double.self)
        for duty in sink.exchange.duties {
            body(duty.slice.elements, sums)
            sums += duty.slice.elements.count
        }
    }
}
