import CKernels
import Datasets
import Graph
import Layers
import Runtime

/// Runs a model over a data set without training it: every example once, exact at any number of ranks.
package final class Evaluator {
    /// Sums over a data set.
    package struct Totals: Sendable, Equatable {
        /// Σ loss, added shard by shard in the fixed tree and batch by batch in order.
        package let lossSum: Double
        /// Correctly classified examples; nil without classes.
        package let correct: Double?
        /// Examples.
        package let count: Int

        /// Σ loss ÷ examples.
        package var loss: Double { lossSum / Double(count) }
        /// Correct ÷ examples.
        package var accuracy: Double? { correct.map { $0 / Double(count) } }
    }

    private let cluster: Cluster
    /// Programs point into its memory.
    private let state: ModelState
    private let map: ShardMap
    private let owned: Range<Int>
    private let pool: WorkerPool
    private let programs: ProgramCache
    private let order: EpochOrder
    private let feeder: ShardFeeder
    private let outputCount: Int
    private let hasClasses: Bool
    private let scalars: UnsafeMutablePointer<StepScalars>

    /// Evaluates, or only predicts, with the parameters of `state`.
    ///
    /// - Parameters:
    ///   - order: The examples, in the order of results.
    ///   - maker: Makes batches of the data set.
    ///   - predicts: Whether targets are left out.
    package init(
        cluster: Cluster, state: ModelState, order: EpochOrder, maker: BatchMaker, shards: Int, workers: Int?,
        predicts: Bool = false
    ) throws {
        try cluster.check(shards: shards)
        self.cluster = cluster
        self.state = state
        self.order = order
        let map = ShardMap(shards: shards, nodes: cluster.nodes)
        self.map = map
        owned = map.owned[cluster.rank]
        let workers = workers ?? cluster.defaultWorkers
        pool = WorkerPool(workers: workers)
        scalars = .allocate(capacity: 1)
        scalars.initialize(to: StepScalars(batchCount: 1, dropoutKey: dt_philox_key(word: (0, 0))))
        let model = state.model
        if case .classes = model.target { hasClasses = !predicts } else { hasClasses = false }
        outputCount = model.outputShape.reduce(1, *)
        programs = ProgramCache(
            slots: min(workers, owned.count), shards: 0, workers: workers, variableOffsets: state.offsets,
            parameters: state.parameters.base, states: state.states, kernels: cluster.kernels
        ) { count in predicts ? model.predictionGraph(count: count) : model.evaluationGraph(count: count) }
        feeder = ShardFeeder(maker: maker, map: map, owned: owned, batch: order.batchSize)
    }

    deinit { scalars.deallocate() }

    /// Loss and accuracy over all examples; collective, the same on all ranks.
    package func totals() throws -> Totals {
        let width = owned.count
        // Workers write different elements at the same time, which an Array does not allow.
        let losses = UnsafeMutableBufferPointer<Double>.allocate(capacity: order.batchCount * width)
        let correct = UnsafeMutableBufferPointer<Double>.allocate(capacity: order.batchCount * width)
        defer {
            losses.deallocate()
            correct.deallocate()
        }
        losses.initialize(repeating: 0)
        correct.initialize(repeating: 0)
        try forEachBatch { batch, place, program in
            if let value = program.output(.lossSum) {
                losses[batch * width + place] = value.load(as: Double.self)
            }
            if let value = program.output(.correct) {
                correct[batch * width + place] = value.load(as: Double.self)
            }
        } then: { _, _ in
        }
        let allLosses = try gathered(Array(losses))
        let allCorrect = try gathered(Array(correct))
        var lossSum = 0.0
        var correctSum = 0.0
        for batch in 0..<order.batchCount {
            lossSum += sum(allLosses, batch)
            correctSum += sum(allCorrect, batch)
        }
        return Totals(lossSum: lossSum, correct: hasClasses ? correctSum : nil, count: order.count)
    }

    /// Calls `body` on rank 0 with every batch's predictions, rows of `outputCount`, in order; collective.
    package func predictions(_ body: (_ rows: [Float]) throws -> Void) throws {
        let outputs = outputCount
        let most = map.examples(of: owned, batch: order.batchSize).count + owned.count
        let rows = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, most * outputs))
        defer { rows.deallocate() }
        try forEachBatch { index, place, program in
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
        _ shard: (_ batch: Int, _ place: Int, _ program: ShardProgram) -> Void,
        then: (_ index: Int, _ batch: Batch) throws -> Void
    ) throws {
        for index in 0..<order.batchCount {
            let batch = Batch(rows: order.rows[order.batch(index)])
            let sizes = owned.map { map.examples(of: $0..<($0 + 1), batch: batch.count).count }
            let active = owned.indices.map { $0 - owned.lowerBound }.filter { sizes[$0] > 0 }
            // Planned before threads look programs up, and parameters' conversions are made once per size.
            let used = Set(active.map { sizes[$0] }).sorted()
            try programs.plan(used)
            for size in used {
                let program = programs.bound(count: size, slot: 0)
                for stage in program.program.stages.indices {
                    program.runUniform(stage: stage, scratch: programs.scratch(0), scalars: scalars)
                }
            }
            pool.run(active.count) { task, worker in
                let place = active[task]
                let program = programs.bound(count: sizes[place], slot: worker)
                feeder.make(batch, place: place)
                program.setInputs(feeder.inputs[place])
                for stage in program.program.stages.indices {
                    for part in Schedule.Part.allCases {
                        program.run(
                            stage: stage, part: part, scratch: programs.scratch(worker),
                            scalars: scalars,
                            between: {})
                    }
                }
                shard(index, place, program)
            } between: {
            }
            try then(index, batch)
        }
    }

    /// All ranks' numbers: one per (batch, shard).
    private func gathered(_ local: [Double]) throws -> [Double] {
        let counts = map.owned.map { $0.count * order.batchCount }
        let all = try cluster.world.allGather(local, counts: counts)
        var result = Array(repeating: 0.0, count: order.batchCount * map.shards)
        var start = 0
        for owned in map.owned {
            for batch in 0..<order.batchCount {
                for (place, shard) in owned.enumerated() {
                    result[batch * map.shards + shard] = all[start + batch * owned.count + place]
                }
            }
            start += owned.count * order.batchCount
        }
        return result
    }

    private func sum(_ values: [Double], _ batch: Int) -> Double {
        let count = order.batch(batch).count
        func total(_ node: Range<Int>) -> Double? {
            if map.isEmpty(node, batch: count) { return nil }
            if node.count == 1 { return values[batch * map.shards + node.lowerBound] }
            let middle = BlockTree.split(node)
            let left = total(node.lowerBound..<middle)
            let right = total(middle..<node.upperBound)
            guard let left else { return right }
            return right.map { left + $0 } ?? left
        }
        return total(0..<map.shards) ?? 0
    }
}
