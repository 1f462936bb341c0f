import CKernels
import Cluster
import Datasets
import FixedTree
import Graph
import Layers
import Runtime

/// Runs a model over a data set without training it: every example once, exact at any number of ranks.
package final class Evaluator {
    private let cluster: Cluster
    private let pass: ShardPass
    private let order: EpochOrder
    private let outputCount: Int
    /// What is added up beside predictions; nil if there are only these.
    private let plan: MetricPlan?
    private let labelWeights: LabelWeights?
    private let examples: StoredExamples
    /// Called after each mini-batch with how many are done, of how many.
    package var onBatch: (_ done: Int, _ total: Int) -> Void = { _, _ in }

    /// Evaluates, or only predicts, with the parameters of `state`.
    ///
    /// - Parameters:
    ///   - order: The examples, in the order of results.
    ///   - maker: Makes batches of the data set.
    ///   - predicts: Whether targets are left out.
    ///   - metrics: What is reported beside the loss; nil for what suits the targets.
    ///   - reading: What is predicted in place of the model's output; nil for that.
    package init(
        cluster: Cluster, state: ModelState, order: EpochOrder, maker: BatchMaker, shards: Int, workers: Int?,
        predicts: Bool = false, metrics: [Metric]? = nil, reading: Reading? = nil
    ) throws {
        let model = state.model
        let predicts = predicts || reading != nil
        plan =
            predicts ? nil : try MetricPlan(metrics ?? Metric.standard(for: model.target), model: model)
        self.cluster = cluster
        self.order = order
        let batch = max(1, min(order.batchSize, order.count))
        pass = try ShardPass(
            cluster: cluster, state: state, maker: maker,
            settings: ShardPass.Settings(
                shards: shards, workers: workers, largestBatch: batch, usualBatch: batch,
                operation: .evaluating)
        ) { inputs in
            reading?.graph(inputs)
                ?? (predicts ? model.predictionGraph(inputs) : model.evaluationGraph(inputs))
        }
        examples = maker.examples
        labelWeights = model.loss.function.classWeights.map { LabelWeights($0, examples: maker.examples) }
        outputCount = reading?.width ?? model.outputShape.reduce(1, *)
        // Memory that cannot be had is better found now than after an epoch.
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

        /// The mean square of what a place of the model holds.
        package init(powerOf signal: TracedModel.Signal, in model: TracedModel) {
            width = 1
            graph = { model.signalPowerGraph($0, signal) }
        }
    }

    private var map: ShardMap { pass.map }
    private var owned: Range<Int> { pass.owned }

    /// Loss and metrics over all examples; collective, the same on all ranks.
    package func totals() throws -> Totals {
        guard let plan else { preconditionFailure("totals of an evaluator that only predicts") }
        // Workers write different elements at the same time, which an Array does not allow.
        let counterBytes = pass.pool.workers * plan.counterCount * MemoryLayout<Int>.stride
        let memory = try PrivateMemory.allocate(counterBytes, for: .model("evaluation.metrics"))
        defer { PrivateMemory.free(memory, counterBytes) }
        let counters = UnsafeMutableBufferPointer(
            start: memory.assumingMemoryBound(to: Int.self),
            count: max(1, pass.pool.workers * plan.counterCount))
        var sums = Array(repeating: 0.0, count: plan.sumCount)
        // Every rank keeps the sums of some batches, of all unless there are many outputs.
        let most = max(1, Self.sumsAtOnce / (map.shards * plan.sumCount))
        for start in stride(from: 0, to: order.batchCount, by: most) {
            let batches = start..<min(start + most, order.batchCount)
            let all = try gathered(
                shardSums(of: batches, plan, counters), batches: batches.count, plan.sumCount)
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

    /// The sums of the rank's shards, batch by batch; counts go to each worker's stretch of `counters`.
    private func shardSums(
        of batches: Range<Int>, _ plan: MetricPlan, _ counters: UnsafeMutableBufferPointer<Int>
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
            guard let scores = program.output(.scores)?.assumingMemoryBound(to: Float.self) else { return }
            let shard = owned.lowerBound + place
            let count = map.examples(of: shard..<shard + 1, batch: order.batch(batch).count).count
            let customs = own + plan.firstCustom
            if plan.hasClasses, plan.counterCount > 0 || !plan.customs.isEmpty {
                let labels = pass.feeder.pointer(.labels, of: place).assumingMemoryBound(to: Int32.self)
                plan.count(
                    scores: scores, labels: labels, examples: count,
                    into: counters + worker * plan.counterCount)
                for (number, metric) in plan.customs.enumerated() {
                    customs[number] = metric.sum(scores, width: plan.outputs, labels: labels, examples: count)
                }
            } else if plan.comparesValues || !plan.customs.isEmpty {
                let targets = pass.feeder.pointer(.targets, of: place).assumingMemoryBound(to: Float.self)
                if plan.comparesValues {
                    plan.compare(estimates: scores, targets: targets, examples: count, into: own)
                }
                for (number, metric) in plan.customs.enumerated() {
                    customs[number] = metric.sum(
                        scores, width: plan.outputs, targets: targets, examples: count)
                }
            }
        } then: { _, _ in
        }
        return Array(sums[..<(batches.count * owned.count * width)])
    }

    /// Whole numbers may be added in any order, so those of workers and ranks are.
    private func totals(
        _ plan: MetricPlan, _ sums: [Double], _ counters: UnsafeMutableBufferPointer<Int>
    ) throws -> Totals {
        var counts = Array(repeating: 0, count: plan.counterCount)
        for worker in 0..<pass.pool.workers {
            for place in counts.indices { counts[place] += counters[worker * plan.counterCount + place] }
        }
        if !counts.isEmpty { counts = try cluster.world.allReduce(counts, .sum) }
        var errors: ValueErrors?
        if plan.comparesValues {
            errors = ValueErrors(
                absolute: Array(sums[1..<1 + plan.outputs]),
                squared: Array(sums[1 + plan.outputs..<1 + 2 * plan.outputs]),
                deviations: ValueErrors.deviations(of: examples, rows: order.rows), count: order.count)
        }
        let weight = labelWeights?.sum(order.rows[...]) ?? Double(order.count)
        return Totals(
            // Without any weight the loss is 0.
            lossSum: sums[0], weight: weight > 0 ? weight : .infinity,
            count: order.count, metrics: plan.metrics, correct: plan.hasClasses ? sums[1] : nil,
            topCounts: zip(plan.choices, counts).map { Totals.TopCount(choices: $0, right: $1) },
            classes: plan.classCounts(counts), errors: errors,
            customSums: Dictionary(
                uniqueKeysWithValues: zip(plan.customs.map(\.name), sums[plan.firstCustom...])))
    }

    /// Calls `body` on rank 0 with every batch's predictions, rows of `outputCount`, in order; collective.
    package func predictions(_ body: (_ rows: [Float]) throws -> Void) throws {
        let outputs = outputCount
        let most = map.examples(of: owned, batch: order.batchSize).count + owned.count
        let rowBytes = most * outputs * MemoryLayout<Float>.stride
        let memory = try PrivateMemory.allocate(rowBytes, for: .batch("predictions"))
        defer { PrivateMemory.free(memory, rowBytes) }
        let rows = UnsafeMutableBufferPointer(
            start: memory.assumingMemoryBound(to: Float.self), count: max(1, most * outputs))
        try forEachBatch(0..<order.batchCount) { index, place, _, program in
            let count = order.batch(index).count
            let first = map.examples(of: owned, batch: count).lowerBound
            let shard = owned.lowerBound + place
            let range = map.examples(of: shard..<shard + 1, batch: count)
            guard let value = program.output(.prediction), let base = rows.baseAddress else { return }
            (base + (range.lowerBound - first) * outputs).update(
                from: value.assumingMemoryBound(to: Float.self), count: range.count * outputs)
        } then: { _, batch in
            let counts = map.owned.map { map.examples(of: $0, batch: batch.count).count * outputs }
            let all = try cluster.world.gather(Array(rows[..<counts[cluster.rank]]), counts: counts, root: 0)
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

    /// All ranks' numbers, `width` per (batch, shard).
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

    /// The sum over a batch's shards with examples; `place` says where a shard's number stands.
    private func sum(_ values: [Double], _ batch: Int, _ place: (Int) -> Int) -> Double {
        let count = order.batch(batch).count
        return FixedTree.fold(0..<map.shards) { shard in
            map.isEmpty(shard..<shard + 1, batch: count) ? nil : values[place(shard)]
        } combine: {
            $0 + $1
        } ?? 0
    }
}
