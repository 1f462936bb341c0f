import CKernels
import Cluster
import FixedTree
import Graph
import Runtime

/// One mini-batch that is being computed: the program of each local shard and the collectives that are open.
struct PassRun {
    private let pass: ShardPass
    private let batch: Batch
    private let sink: GradientSink?
    private let alongside: () throws -> Void
    private let read: (_ place: Int, _ worker: Int, _ program: ShardProgram) -> Void
    /// Local shards with examples.
    private let active: [ActiveShard]
    /// A program with the structure that all shards share.
    private let skeleton: Program
    private let uniformPrograms: [ShardProgram]
    /// For each of the rank's subtrees, how its joint gradients are summed, and over which active shards.
    private let trees: [(tree: [Int32], active: [Int])]
    /// All shards with examples, where the ranks of the node compute joint gradients together.
    private let node: NodeShards?
    private var openVectors: [Int] = []
    private var partsRun = 0
    private var reports: [Graph.Report: Double] = [:]

    private struct ActiveShard {
        /// Its index among the rank's shards.
        let place: Int
        /// The number of its examples.
        let count: Int
        /// The place, in the cache, of the program for its inputs.
        let program: Int
    }

    /// The shards with examples of all ranks, each with the place of its program, and how sums over them are made.
    private struct NodeShards {
        let shards: [(shard: Int, program: Int)]
        let tree: [Int32]

        init(_ map: ShardMap, batch: Int, sizes: [Int], programs: [Int]) {
            let shards = (0..<map.shards).compactMap { shard in
                sizes.firstIndex(of: map.examples(of: shard..<(shard + 1), batch: batch).count).map {
                    (shard: shard, program: programs[$0])
                }
            }
            var places = Array(repeating: Int?.none, count: map.shards)
            for (place, shard) in shards.enumerated() { places[shard.shard] = place }
            self.shards = shards
            tree = TreePlan(root: 0..<map.shards) { places[$0] }.postfix
        }
    }

    init(
        _ pass: ShardPass, batch: Batch, sink: GradientSink?, alongside: @escaping () throws -> Void,
        read: @escaping (Int, Int, ShardProgram) -> Void
    ) throws {
        self.pass = pass
        self.batch = batch
        self.sink = sink
        self.alongside = alongside
        self.read = read
        let counts = pass.owned.map { pass.map.examples(of: $0..<($0 + 1), batch: batch.count).count }
        let sizes = pass.sizes(batch: batch.count)
        let places = try pass.programs.plan(
            sizes.map { pass.state.model.inputTypes(count: $0, length: batch.length) })
        uniformPrograms = places.map { pass.programs.bound($0, slot: 0) }
        let withExamples = counts.enumerated().compactMap { place, count in
            sizes.firstIndex(of: count).map {
                ActiveShard(place: place, count: count, program: places[$0])
            }
        }
        active = withExamples.dropLast(pass.skippedShards)
        skeleton = uniformPrograms[0].program
        node =
            pass.kept.isShared
            ? NodeShards(pass.map, batch: batch.count, sizes: sizes, programs: places) : nil
        let shards = active.map { pass.owned.lowerBound + $0.place }
        trees =
            sink == nil
            ? []
            : pass.map.subtrees[pass.cluster.rank].map { root in
                let members = shards.indices.filter { root.contains(shards[$0]) }
                let leaves = members.map { shards[$0] }
                return (TreePlan(root: root) { leaves.firstIndex(of: $0) }.postfix, members)
            }
    }

    mutating func stages() throws {
        for stage in skeleton.stages.indices {
            for collective in skeleton.stages[stage].awaits { try complete(collective) }
            for program in uniformPrograms {
                program.runUniform(
                    stage: stage, scratch: pass.programs.scratch(0), scalars: pass.scalars,
                    log: pass.profiler?.workers[0])
            }
            for part in Schedule.Part.allCases { try run(stage, part) }
        }
    }

    private mutating func run(_ stage: Int, _ part: Schedule.Part) throws {
        let description = skeleton.stages[stage].parts[part.rawValue]
        if !description.isEmpty {
            let run = self
            // Shards run forwards and backwards in turn: what the last shard has just written is still in cache.
            let last = active.count - 1
            let isBackward = partsRun % 2 == 1
            partsRun += 1
            try pass.pool.run(active.count) { index, worker in
                do {
                    try run.runShard(isBackward ? last - index : index, worker, stage, part, description)
                } catch {
                    run.pass.shardFailure.keep(error)
                }
            } between: {
                try run.progress()
            }
            try pass.shardFailure.check()
        }
        try measureJoints(stage, part)
        try meetNode(description)
        // A bucket starts as soon as its last gradient is complete, while later gradients are still computed.
        for collective in description.collectives {
            try runJoints(stage, part) { $0.collective == collective }
            try start(collective)
        }
        try runJoints(stage, part) { !description.collectives.contains($0.collective) }
    }

    /// Runs a part for one local shard, on a worker's thread.
    private func runShard(
        _ index: Int, _ worker: Int, _ stage: Int, _ part: Schedule.Part, _ description: Program.Part
    ) throws {
        let place = active[index].place
        let shard = pass.owned.lowerBound + place
        let program = pass.programs.bound(
            active[index].program, slot: pass.hasSlotPerShard ? place : worker)
        let log = pass.profiler?.workers[worker]
        if skeleton.ends.first == (stage, part) {
            log.timed(Profiler.Overhead.batch) { pass.feeder.make(batch, place: place) }
        }
        pass.feeder.forEachInput(of: place) { program.setInput($0, $1) }
        program.setKept(pass.kept.pointer(shard: shard))
        let progress = worker == 0 && pass.pool.workers == 1
        try withUnsafeTemporaryAllocation(
            of: UnsafeMutablePointer<Float>.self, capacity: description.groups.count
        ) { pointers in
            for (number, group) in description.groups.enumerated() {
                guard let sink else { preconditionFailure("gradients without a sink") }
                let pointer = try sink.begin(group, shard: shard)
                pointers.initializeElement(at: number, to: pointer)
                program.setGradients(group: group, pointer)
            }
            try program.run(
                stage: stage, part: part, scratch: pass.programs.scratch(worker),
                scalars: pass.scalars, log: log
            ) {
                if progress { try self.progress() }
            }
            for (number, group) in description.groups.enumerated() {
                sink?.end(group, shard: shard, pointers[number], log)
            }
        }
        for collective in description.collectives where pass.bucketOfCollective[collective] < 0 {
            program.copyContribution(to: collective, pass.contribution(of: collective, place))
        }
        if skeleton.ends.last == (stage, part) { read(place, worker, program) }
    }

    /// Computes the joint gradients of a part for which `belongs` is true, divided over the workers.
    private func runJoints(
        _ stage: Int, _ part: Schedule.Part, where belongs: (JointGradient) -> Bool
    ) throws {
        let joints = skeleton.stages[stage].parts[part.rawValue].joints
        for (number, joint) in joints.enumerated() where belongs(joint) {
            let isShared = node != nil && joint.isForNode
            let all =
                isShared
                ? sink?.exchange.ownRows(of: joint.parameter, columns: joint.columns) ?? 0..<0
                : 0..<joint.rows
            let rows = rowsOfTask(joint, examples: isShared ? batch.count : active.map(\.count).reduce(0, +))
            let tasks = (all.count + rows - 1) / rows
            try pass.pool.run(tasks) { task, worker in
                let start = all.lowerBound + task * rows
                let range = start..<min(start + rows, all.upperBound)
                let log = pass.profiler?.workers[worker]
                if isShared {
                    runSharedJoint(stage, part, number, range, log)
                } else {
                    runJoint(stage, part, number, range, log)
                }
            } between: {
                try progress()
            }
        }
    }

    /// Waits until the operands of a part's joint gradients that ranks compute together are there on all ranks.
    private func meetNode(_ part: Program.Part) throws {
        guard node != nil, let sink, part.joints.contains(where: \.isForNode) else { return }
        sink.exchange.publishOperands()
        guard !sink.exchange.operandsAreThere else { return }
        var waiting = Waiting(spins: pass.cluster.spins)
        pass.cluster.activity.enter(.gradients, detail: sink.exchange.firstOpenBucket)
        try (pass.profiler?.communication).timed(Profiler.Overhead.ranks) {
            while !sink.exchange.operandsAreThere {
                try progress()
                waiting.turn()
            }
        }
        pass.cluster.activity.enter(pass.operation)
    }

    /// Computes rows of a joint gradient's sum over all shards, in which this rank has a slice, on a worker's thread. Of the
    /// first and the last row the slice may hold a part: nobody reads the rest.
    private func runSharedJoint(
        _ stage: Int, _ part: Schedule.Part, _ number: Int, _ rows: Range<Int>, _ log: SpanLog?
    ) {
        guard let sink, let node else { return }
        let start = log == nil ? 0 : SpanLog.now()
        let joint = skeleton.stages[stage].parts[part.rawValue].joints[number]
        withUnsafeTemporaryAllocation(of: dt_dense_shard.self, capacity: max(1, node.shards.count)) {
            shards in
            for (index, (shard, program)) in node.shards.enumerated() {
                let program = pass.programs.bound(program, slot: 0).program
                shards.initializeElement(
                    at: index,
                    to: program.stages[stage].parts[part.rawValue].joints[number]
                        .operands(kept: pass.kept.pointer(shard: shard)))
            }
            joint.run(
                shards: UnsafeBufferPointer(rebasing: shards[..<node.shards.count]), tree: node.tree,
                rows: rows,
                into: sink.exchange.sum + pass.state.offsets[joint.parameter] / MemoryLayout<Float>.size,
                rounds: sink.precision == .bfloat16, isReadElsewhere: false)
        }
        let share = Double(rows.count * node.shards.count) / Double(joint.rows)
        log?.append(joint.description.scaled(by: share), since: start)
    }

    /// Adds the squares of each shard's own share of joint gradients, which is computed only for this.
    private func measureJoints(_ stage: Int, _ part: Schedule.Part) throws {
        guard let sink, let squares = sink.squares else { return }
        for (number, description) in skeleton.stages[stage].parts[part.rawValue].joints.enumerated() {
            let count = description.rows * description.columns
            let memory = try PrivateMemory.allocate(count * 4, for: .model("gradients of shards"))
            defer { PrivateMemory.free(memory, count * 4) }
            let gradient = memory.assumingMemoryBound(to: Float.self)
            for shard in active {
                let place = shard.place
                let program = pass.programs.bound(shard.program, slot: 0).program
                let joint = program.stages[stage].parts[part.rawValue].joints[number]
                withUnsafeTemporaryAllocation(of: dt_dense_shard.self, capacity: 1) { shard in
                    shard.initializeElement(
                        at: 0,
                        to: joint.operands(
                            kept: pass.kept.pointer(shard: pass.owned.lowerBound + place),
                            features: pass.feeder.pointer(.features, of: place)))
                    joint.run(
                        shards: UnsafeBufferPointer(shard), tree: [0], rows: 0..<joint.rows, into: gradient,
                        rounds: sink.precision == .bfloat16, isReadElsewhere: false)
                }
                squares.add(
                    gradient, count, shard: pass.owned.lowerBound + place, kernels: pass.cluster.kernels
                )
            }
        }
    }

    /// The rows of a joint gradient that are one task, some hundred microseconds of work.
    private func rowsOfTask(_ joint: JointGradient, examples: Int) -> Int {
        let tile = 14
        return max(1, 20_000_000 / (2 * joint.columns * max(1, examples) * tile)) * tile
    }

    /// Computes rows of a joint gradient for each of the rank's subtrees, on a worker's thread.
    private func runJoint(
        _ stage: Int, _ part: Schedule.Part, _ number: Int, _ rows: Range<Int>, _ log: SpanLog?
    ) {
        guard let sink else { return }
        withUnsafeTemporaryAllocation(of: dt_dense_shard.self, capacity: max(1, active.count)) { shards in
            for (subtree, (tree, members)) in trees.enumerated() where !members.isEmpty {
                let start = log == nil ? 0 : SpanLog.now()
                for (index, member) in members.enumerated() {
                    let place = active[member].place
                    let program = pass.programs.bound(active[member].program, slot: 0).program
                    let joint = program.stages[stage].parts[part.rawValue].joints[number]
                    shards.initializeElement(
                        at: index,
                        to: joint.operands(
                            kept: pass.kept.pointer(shard: pass.owned.lowerBound + place),
                            features: pass.feeder.pointer(.features, of: place)))
                }
                let joint = skeleton.stages[stage].parts[part.rawValue].joints[number]
                let offset = pass.state.offsets[joint.parameter] / MemoryLayout<Float>.size
                let elements =
                    offset + rows.lowerBound * joint.columns..<offset + rows.upperBound * joint.columns
                joint.run(
                    shards: UnsafeBufferPointer(rebasing: shards[..<members.count]), tree: tree, rows: rows,
                    into: sink.exchange.partial(subtree: subtree) + offset,
                    rounds: sink.precision == .bfloat16,
                    isReadElsewhere: !sink.exchange.isSummedHere(
                        elements, bucket: pass.bucketOfCollective[joint.collective]))
                let share = Double(rows.count * members.count) / Double(joint.rows)
                log?.append(joint.description.scaled(by: share), since: start)
            }
        }
    }

    /// Advances all communication without waiting.
    private func progress() throws {
        try alongside()
        try sumGradients()
        guard let vectors = pass.vectors else { return }
        for collective in openVectors {
            try vectors.progress(collective, step: pass.number, batch: batch.count)
        }
    }

    /// Advances buckets of gradients without waiting; true once all that were started are summed.
    @discardableResult
    private func sumGradients() throws -> Bool {
        guard let sink else { return true }
        let start = pass.profiler == nil ? 0 : SpanLog.now()
        let isComplete = try sink.progress()
        // A call that found nothing to do is too short for a span.
        if let log = pass.profiler?.communication, SpanLog.now() - start > 2_000 {
            log.append(Profiler.Overhead.exchange, since: start)
        }
        return isComplete
    }

    private mutating func start(_ collective: Int) throws {
        if pass.bucketOfCollective[collective] >= 0 {
            try sink?.start(pass.bucketOfCollective[collective])
            return
        }
        guard let vectors = pass.vectors else { return }
        let description = skeleton.collectives[collective]
        let subtrees = pass.map.subtrees[pass.cluster.rank]
        for (index, root) in subtrees.enumerated() {
            for (offset, shard) in root.enumerated() {
                let place = shard - pass.owned.lowerBound
                pass.partPointers[offset] =
                    active.contains { $0.place == place }
                    ? UnsafeRawPointer(pass.contribution(of: collective, place)) : nil
            }
            pass.contributionSum.evaluate(
                pass.localPlans[index], parts: pass.partPointers, byteCount: description.byteCount,
                TreeSum.Combination(description), into: vectors.ownVector(collective, subtree: index))
        }
        try vectors.start(collective, step: pass.number, batch: batch.count)
        openVectors.append(collective)
    }

    /// Waits for a collective and advances all other communication meanwhile.
    private mutating func complete(_ collective: Int) throws {
        guard let vectors = pass.vectors, let open = openVectors.firstIndex(of: collective) else { return }
        var waiting = Waiting(spins: pass.cluster.spins)
        pass.cluster.activity.enter(.statistics)
        try (pass.profiler?.communication).timed(Profiler.Overhead.statistics) {
            while try !vectors.progress(collective, step: pass.number, batch: batch.count) {
                try progress()
                waiting.turn()
            }
        }
        pass.cluster.activity.enter(pass.operation)
        openVectors.remove(at: open)
        let description = skeleton.collectives[collective]
        let result = pass.programs.collectiveResults + description.resultOffset
        vectors.collect(collective, batch: batch.count, into: result)
        if let report = description.report {
            reports[report] = result.assumingMemoryBound(to: Double.self).pointee
        }
    }

    /// Waits for everything that is still open, including the sums of gradients if `waitsForSums`.
    mutating func finish(waitsForSums: Bool) throws -> ShardPass.Outcome {
        for collective in openVectors { try complete(collective) }
        let outcome = ShardPass.Outcome(
            reports: reports, examples: active.map(\.count).reduce(0, +), program: uniformPrograms[0])
        guard waitsForSums, let sink else { return outcome }
        var waiting = Waiting(spins: pass.cluster.spins)
        try (pass.profiler?.communication).timed(Profiler.Overhead.gradients) {
            while try !sumGradients() {
                pass.cluster.activity.enter(.gradients, detail: sink.exchange.firstOpenBucket)
                waiting.turn()
            }
        }
        pass.cluster.activity.enter(pass.operation)
        return outcome
    }
}
