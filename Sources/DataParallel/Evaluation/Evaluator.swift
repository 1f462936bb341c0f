import CKernels
import Cluster
import Datasets
import FixedTree
import Graph
import Layers
import Runtime

/// Runs a model over a data set without training: every example exactly once, at any number of ranks.
package final class Evaluator {
    private let cluster: Cluster
    private let pass: ShardPass
    private let order: EpochOrder
    private let outputCount: Int
    /// The sums for loss and metrics; nil if only predictions are made.
    private let plan: MetricPlan?
    private let labelWeights: LabelWeights?
    private let examples: StoredExamples
    /// Called after each mini-batch with the number done and the number in all.
    package var onBatch: (_ done: Int, _ total: Int) -> Void = { _, _ in }

    /// Evaluates, or only predicts, with the parameters of `state`.
    ///
    /// - Parameters:
    ///   - order: The examples, in the order in which results are given.
    ///   - maker: Makes batches of the data set.
    ///   - predicts: Whether only predictions are made, which needs no targets.
    ///   - metrics: The metrics beside the loss; nil for the standard ones of the targets.
    ///   - precision: How activations are stored.
    package init(
        cluster: Cluster, state: ModelState, order: EpochOrder, maker: BatchMaker, shards: Int, workers: Int?,
        predicts: Bool = false, metrics: [Metric]? = nil, reading: Reading? = nil,
        precision: Precision = .float32
    ) throws {
        let model = state.model
        let predicts = predicts || reading != nil
        plan =
            predicts ? nil : try MetricPlan(metrics ?? Metric.standard(for: model), model: model)
        self.cluster = cluster
        self.order = order
        let batch = max(1, min(order.batchSize, order.count))
        try state.prepare(precision)
        pass = try ShardPass(
            cluster: cluster, state: state, maker: maker,
            settings: ShardPass.Settings(
                shards: shards, workers: workers, largestBatch: batch, usualBatch: batch,
                operation: .evaluating)
        ) { inputs in
            let graph =
                reading?.graph(inputs)
                ?? (predicts ? model.predictionGraph(inputs) : model.evaluationGraph(inputs))
            return graph.stored(in: precision)
        }
        examples = maker.examples
        labelWeights = LabelWeights(model, examples: maker.examples)
        outputCount = reading?.width ?? model.outputShape.reduce(1, *)
        // Plan the largest and the last batch now, so that missing memory is found before an epoch, not after.
        for index in [0, order.batchCount - 1] where order.batchCount > 0 {
            try pass.plan(batch: order.batch(index).count)
        }
    }

    /// A value inside a model that stands for its prediction.
    package struct Reading {
        /// Numbers of an example.
        let width: Int
        /// The graph that makes them, as its prediction.
        let graph: (InputTypes) -> Graph

        /// Each unit's largest value at a place of the model.
        package init(unitsOf signal: TracedModel.Signal, in model: TracedModel) {
            width = signal.width
            graph = { model.signalGraph($0, signal) }
        }

        /// The outputs before the model's `outputEnd`.
        package init(outputsOf model: TracedModel) {
            width = model.outputShape.reduce(1, *)
            graph = { model.outputsGraph($0) }
        }

        /// The mean square of what a place of the model holds.
        package init(powerOf signal: TracedModel.Signal, in model: TracedModel) {
            width = 1
            graph = { model.signalPowerGraph($0, signal) }
        }
    }

    private var map: ShardMap { pass.map }
    private var owned: Range<Int> { pass.owned }

    /// Loss and metrics over all examples; collective, the same on all ranks.
    ///
    /// - Parameter predictions: Called on rank 0 with every batch's predictions, rows of the model's outputs, in order; the
    ///   same on all ranks whether there is one.
    package func totals(predictions: PredictionRows? = nil) throws -> Totals {
        guard let plan else { preconditionFailure("totals of an evaluator that only predicts") }
        // Workers write different elements at the same time, which an Array does not allow.
        let counterBytes = pass.pool.workers * plan.counterCount * MemoryLayout<Int>.stride
        let memory = try PrivateMemory.allocate(counterBytes, for: .model("evaluation.metrics"))
        defer { PrivateMemory.free(memory, counterBytes) }
        let counters = UnsafeMutableBufferPointer(
            start: memory.assumingMemoryBound(to: Int.self),
            count: max(1, pass.pool.workers * plan.counterCount))
        var sums = Array(repeating: 0.0, count: plan.sumCount)
        let rows = try predictions.map { _ in try OutputRows(self) }
        // Each rank keeps the sums of `most` batches at a time: all of them, unless there are many outputs.
        let most = max(1, Self.sumsAtOnce / (map.shards * plan.sumCount))
        for start in stride(from: 0, to: order.batchCount, by: most) {
            let batches = start..<min(start + most, order.batchCount)
            let all = try gathered(
                shardSums(of: batches, plan, counters, rows, predictions), batches: batches.count,
                plan.sumCount)
            for batch in batches {
                for place in sums.indices {
                    sums[place] += sum(all, batch) { shard in
                        ((batch - start) * map.shards + shard) * plan.sumCount + place
                    }
                }
            }
        }
        return try totals(plan, sums, counters)
    }

    private static let sumsAtOnce = 1 << 18

    /// The sums of the rank's shards, batch by batch; counts are added to each worker's part of `counters`.
    private func shardSums(
        of batches: Range<Int>, _ plan: MetricPlan, _ counters: UnsafeMutableBufferPointer<Int>,
        _ rows: OutputRows?, _ predictions: PredictionRows?
    ) throws -> [Double] {
        let width = plan.sumCount
        let sums = UnsafeMutableBufferPointer<Double>.allocate(
            capacity: max(1, batches.count * owned.count * width))
        defer { sums.deallocate() }
        sums.initialize(repeating: 0)
        try forEachBatch(batches) { batch, place, worker, program in
            guard let base = sums.baseAddress, let counters = counters.baseAddress else { return }
            let own = base + ((batch - batches.lowerBound) * owned.count + place) * width
            if let value = program.output(.lossSum) { own[0] = value.load(as: Double.self) }
            if let value = program.output(.correct) { own[1] = value.load(as: Double.self) }
            rows?.take(program, batch: batch, place: place)
            guard let scores = program.output(.scores)?.assumingMemoryBound(to: Float.self) else { return }
            let shard = owned.lowerBound + place
            let count = map.examples(of: shard..<shard + 1, batch: order.batch(batch).count).count
            if plan.hasClasses {
                plan.add(
                    scores: scores, rows: count * plan.rowCount,
                    labels: pass.feeder.pointer(.labels, of: place).assumingMemoryBound(to: Int32.self),
                    to: own, counters: counters + worker * plan.counterCount)
            } else {
                plan.add(
                    estimates: scores, examples: count,
                    targets: pass.feeder.pointer(.targets, of: place).assumingMemoryBound(to: Float.self),
                    lengths: plan.rowCount > 1 && examples.lengths != nil
                        ? pass.feeder.pointer(.lengths, of: place).assumingMemoryBound(to: Int32.self) : nil,
                    to: own)
            }
        } then: { _, batch in
            if let rows, let predictions { try rows.hand(batch, to: predictions) }
        }
        return Array(sums[..<(batches.count * owned.count * width)])
    }

    /// Adds the counters of workers and ranks, in any order because they are integers, and takes the results together.
    private func totals(
        _ plan: MetricPlan, _ sums: [Double], _ counters: UnsafeMutableBufferPointer<Int>
    ) throws -> Totals {
        var counts = Array(repeating: 0, count: plan.counterCount)
        for worker in 0..<pass.pool.workers {
            for place in counts.indices { counts[place] += counters[worker * plan.counterCount + place] }
        }
        if !counts.isEmpty { counts = try cluster.world.allReduce(counts, .sum) }
        let labelCount = labelWeights?.count(order.rows[...]) ?? order.count
        var errors: ValueErrors?
        if plan.comparesValues {
            errors = ValueErrors(
                absolute: Array(sums[1..<1 + plan.outputs]),
                squared: Array(sums[1 + plan.outputs..<1 + 2 * plan.outputs]),
                deviations: ValueErrors.deviations(
                    of: examples, rows: order.rows, width: plan.outputs),
                count: labelCount)
        }
        let weight = labelWeights?.sum(order.rows[...]) ?? Double(order.count)
        return Totals(
            // If all weights are 0 the loss is 0.
            lossSum: sums[0], weight: weight > 0 ? weight : .infinity,
            count: order.count, labelCount: labelCount,
            metrics: plan.metrics, correct: plan.hasClasses ? sums[1] : nil,
            topCounts: zip(plan.choices, counts).map { Totals.TopCount(choices: $0, right: $1) },
            classes: plan.classCounts(counts), errors: errors,
            customSums: Dictionary(
                uniqueKeysWithValues: zip(plan.customs.map(\.name), sums[plan.firstCustom...])))
    }

    /// Takes a batch's rows of the model's outputs.
    package typealias PredictionRows = (_ rows: [Float]) throws -> Void

    /// Calls `body` on rank 0 with every batch's predictions, in order; collective.
    package func predictions(_ body: PredictionRows) throws {
        let rows = try OutputRows(self)
        try forEachBatch(0..<order.batchCount) { batch, place, _, program in
            rows.take(program, batch: batch, place: place)
        } then: { _, batch in
            try rows.hand(batch, to: body)
        }
    }

    /// The model's outputs for the examples of a batch that a rank's shards have.
    private final class OutputRows {
        private let map: ShardMap
        private let owned: Range<Int>
        private let order: EpochOrder
        private let cluster: Cluster
        /// Numbers of a row.
        private let width: Int
        private let memory: UnsafeMutableRawPointer
        private let byteCount: Int

        init(_ evaluator: Evaluator) throws {
            (map, owned, order) = (evaluator.map, evaluator.owned, evaluator.order)
            (cluster, width) = (evaluator.cluster, evaluator.outputCount)
            let most = map.examples(of: owned, batch: order.batchSize).count + owned.count
            byteCount = most * width * MemoryLayout<Float>.stride
            memory = try PrivateMemory.allocate(byteCount, for: .batch("predictions"))
        }

        deinit { PrivateMemory.free(memory, byteCount) }

        private var rows: UnsafeMutablePointer<Float> { memory.assumingMemoryBound(to: Float.self) }

        /// Copies what a shard's program has computed; workers may do so at the same time.
        func take(_ program: ShardProgram, batch: Int, place: Int) {
            let count = order.batch(batch).count
            let first = map.examples(of: owned, batch: count).lowerBound
            let shard = owned.lowerBound + place
            let range = map.examples(of: shard..<shard + 1, batch: count)
            guard let value = program.output(.prediction) else { return }
            (rows + (range.lowerBound - first) * width).update(
                from: value.assumingMemoryBound(to: Float.self), count: range.count * width)
        }

        /// Calls `body` on rank 0 with all ranks' rows of a batch; collective.
        func hand(_ batch: Batch, to body: PredictionRows) throws {
            let counts = map.owned.map { map.examples(of: $0, batch: batch.count).count * width }
            let own = UnsafeBufferPointer(start: rows, count: counts[cluster.rank])
            let all = try cluster.world.gather(Array(own), counts: counts, root: 0)
            if let all { try body(all) }
        }
    }

    private func forEachBatch(
        _ batches: Range<Int>,
        _ shard: (_ batch: Int, _ place: Int, _ worker: Int, _ program: ShardProgram) -> Void,
        then: (_ index: Int, _ batch: Batch) throws -> Void
    ) throws {
        for index in batches {
            cluster.activity.enter(.evaluating)
            cluster.activity.advance()
            let batch = Batch(rows: order.rows[order.batch(index)])
            try pass.run(
                batch,
                scalars: StepScalars(
                    batchCount: Float(batch.count), dropoutKey: dt_philox_key(word: (0, 0))),
                read: { place, worker, program in shard(index, place, worker, program) })
            try then(index, batch)
            onBatch(index + 1, order.batchCount)
        }
    }

    /// The numbers of all ranks, `width` for each (batch, shard).
    private func gathered(_ local: [Double], batches: Int, _ width: Int) throws -> [Double] {
        let counts = map.owned.map { $0.count * batches * width }
        let all = try cluster.world.allGather(local, counts: counts)
        var result = Array(repeating: 0.0, count: batches * map.shards * width)
        var start = 0
        for owned in map.owned {
            for batch in 0..<batches {
                let target = (batch * map.shards + owned.lowerBound) * width
                for place in 0..<owned.count * width { result[target + place] = all[start + place] }
                start += owned.count * width
            }
        }
        return result
    }

    /// The sum over the shards of a batch that have examples; `place` gives the index of a shard's number.
    private func sum(_ values: [Double], _ batch: Int, _ place: (Int) -> Int) -> Double {
        let count = order.batch(batch).count
        return FixedTree.fold(0..<map.shards) { shard in
            map.isEmpty(shard..<shard + 1, batch: count) ? nil : values[place(shard)]
        } combine: {
            $0 + $1
        } ?? 0
    }
}
