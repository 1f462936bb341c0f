import CKernels
import Cluster
import FixedTree
import Graph
import Runtime

/// One step under way: which program each local shard runs and which collectives are open.
struct StepRun {
    private let replica: Replica
    private let batch: Batch
    private let withSquares: Bool
    /// Local shards with examples, and their sizes.
    private let active: [(place: Int, count: Int)]
    /// The structure all shards share.
    private let skeleton: Program
    private let uniformPrograms: [ShardProgram]
    /// Where a shard's work begins.
    private let firstPart: (stage: Int, part: Schedule.Part)
    /// How joint gradients of each of the rank's subtrees are summed, and over which of the active shards.
    private let trees: [(tree: [Int32], active: [Int])]
    private var openVectors: [Int] = []
    private var partsRun = 0
    private(set) var lossSum = 0.0
    /// ‖·‖² of the gradients of each shard of the mini-batch, this rank's alone; empty if it is not measured.
    private let squares: ShardSquares?

    init(_ replica: Replica, batch: Batch, withSquares: Bool, measuresShards: Bool) throws {
        self.replica = replica
        self.batch = batch
        self.withSquares = withSquares
        squares = measuresShards ? ShardSquares(shards: replica.map.shards) : nil
        var active: [(place: Int, count: Int)] = []
        for (place, shard) in replica.owned.enumerated() {
            let count = replica.map.examples(of: shard..<(shard + 1), batch: batch.count).count
            if count > 0 { active.append((place, count)) }
        }
        if replica.settings.control == .skipShard, replica.cluster.rank == replica.cluster.size - 1 {
            active.removeLast()
        }
        self.active = active
        // A rank without examples takes part in the collectives of the program its neighbours run.
        let largest = (batch.count + replica.map.shards - 1) / replica.map.shards
        let sizes = Set(active.map(\.count) + [largest]).sorted(by: >)
        try replica.programs.plan(sizes)
        uniformPrograms = sizes.map { replica.programs.bound(count: $0, slot: 0) }
        skeleton = uniformPrograms[0].program
        firstPart = skeleton.firstPart
        let shards = active.map { replica.owned.lowerBound + $0.place }
        trees = replica.map.subtrees[replica.cluster.rank].map { root in
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
                    stage: stage, scratch: replica.programs.scratch(0), scalars: replica.scalars,
                    log: replica.profiler?.workers[0])
            }
            for part in Schedule.Part.allCases { try run(stage, part) }
        }
    }

    private mutating func run(_ stage: Int, _ part: Schedule.Part) throws {
        let description = skeleton.stages[stage].parts[part.rawValue]
        if !description.isEmpty {
            let run = self
            // To and fro: what the shard that was last has just written is still in cache.
            let last = active.count - 1
            let isBackward = partsRun % 2 == 1
            partsRun += 1
            try replica.pool.run(active.count) { index, worker in
                do {
                    try run.runShard(isBackward ? last - index : index, worker, stage, part, description)
                } catch {
                    run.replica.shardFailure.keep(error)
                }
            } between: {
                try run.progress()
            }
            try replica.shardFailure.check()
        }
        try measureJoints(stage, part)
        // A bucket starts as soon as its last gradient is there, while those behind it are computed.
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
        let (place, count) = active[index]
        let shard = replica.owned.lowerBound + place
        let program = replica.programs.bound(count: count, slot: replica.hasSlotPerShard ? place : worker)
        let log = replica.profiler?.workers[worker]
        if stage == firstPart.stage, part == firstPart.part {
            log.timed(Profiler.Overhead.batch) { replica.feeder.make(batch, place: place) }
        }
        program.setInputs(replica.feeder.inputs[place])
        program.setKept(replica.programs.kept(place))
        let progress = worker == 0 && replica.pool.workers == 1
        try withUnsafeTemporaryAllocation(
            of: UnsafeMutablePointer<Float>.self, capacity: description.groups.count
        ) { pointers in
            for (place, group) in description.groups.enumerated() {
                let pointer = try replica.accumulators[group].begin(shard: shard)
                pointers.initializeElement(at: place, to: pointer)
                program.setGradients(group: group, pointer)
            }
            try program.run(
                stage: stage, part: part, scratch: replica.programs.scratch(worker),
                scalars: replica.scalars, log: log
            ) {
                if progress { try self.progress() }
            }
            for (place, group) in description.groups.enumerated() {
                squares?.add(
                    replica.groupEntries[group], in: pointers[place], shard: shard,
                    kernels: replica.cluster.kernels)
                log.timed(Profiler.Overhead.merge) {
                    replica.accumulators[group].end(shard: shard, pointers[place], batch: batch.count)
                }
            }
        }
        for collective in description.collectives where replica.bucketOfCollective[collective] < 0 {
            program.copyContribution(to: collective, replica.contribution(of: collective, place, skeleton))
        }
    }

    /// Computes those joint gradients of a part that `belongs` says, shared out over the workers.
    private func runJoints(
        _ stage: Int, _ part: Schedule.Part, where belongs: (JointGradient) -> Bool
    ) throws {
        let joints = skeleton.stages[stage].parts[part.rawValue].joints
        for (number, joint) in joints.enumerated() where belongs(joint) {
            let rows = rowsOfTask(joint)
            let tasks = (joint.rows + rows - 1) / rows
            try replica.pool.run(tasks) { task, worker in
                let range = task * rows..<min((task + 1) * rows, joint.rows)
                runJoint(stage, part, number, range, replica.profiler?.workers[worker])
            } between: {
                try progress()
            }
        }
    }

    /// Adds the squares of what each shard alone adds to joint gradients, computed one by one for the purpose.
    private func measureJoints(_ stage: Int, _ part: Schedule.Part) throws {
        guard let squares else { return }
        for (number, description) in skeleton.stages[stage].parts[part.rawValue].joints.enumerated() {
            let count = description.rows * description.columns
            let memory = try PrivateMemory.allocate(count * 4, for: "gradients of shards")
            defer { PrivateMemory.free(memory, count * 4) }
            let gradient = memory.assumingMemoryBound(to: Float.self)
            for (place, examples) in active {
                let program = replica.programs.bound(count: examples, slot: 0).program
                let joint = program.stages[stage].parts[part.rawValue].joints[number]
                withUnsafeTemporaryAllocation(of: dt_dense_shard.self, capacity: 1) { shard in
                    shard.initializeElement(
                        at: 0,
                        to: joint.operands(
                            kept: replica.programs.kept(place),
                            features: replica.feeder.inputs[place].features))
                    joint.run(
                        shards: UnsafeBufferPointer(shard), tree: [0], rows: 0..<joint.rows, into: gradient,
                        rounds: replica.settings.exchange == .bfloat16, isReadElsewhere: false)
                }
                squares.add(
                    gradient, count, shard: replica.owned.lowerBound + place, kernels: replica.cluster.kernels
                )
            }
        }
    }

    /// ‖·‖² of the gradients of each shard, zero for other ranks' shards.
    var shardSquares: [Double] { squares?.values ?? [] }

    /// Rows of a joint gradient that are computed at a time: some hundred microseconds of work.
    private func rowsOfTask(_ joint: JointGradient) -> Int {
        let examples = max(1, active.map(\.count).reduce(0, +))
        let tile = 14
        return max(1, 20_000_000 / (2 * joint.columns * examples * tile)) * tile
    }

    /// Computes rows of a joint gradient for each of the rank's subtrees, on a worker's thread.
    private func runJoint(
        _ stage: Int, _ part: Schedule.Part, _ number: Int, _ rows: Range<Int>, _ log: SpanLog?
    ) {
        withUnsafeTemporaryAllocation(of: dt_dense_shard.self, capacity: max(1, active.count)) { shards in
            for (subtree, (tree, members)) in trees.enumerated() where !members.isEmpty {
                let start = log == nil ? 0 : SpanLog.now()
                for (index, member) in members.enumerated() {
                    let (place, count) = active[member]
                    let program = replica.programs.bound(count: count, slot: 0).program
                    let joint = program.stages[stage].parts[part.rawValue].joints[number]
                    shards.initializeElement(
                        at: index,
                        to: joint.operands(
                            kept: replica.programs.kept(place),
                            features: replica.feeder.inputs[place].features))
                }
                let joint = skeleton.stages[stage].parts[part.rawValue].joints[number]
                let offset = replica.state.offsets[joint.parameter] / MemoryLayout<Float>.size
                let elements =
                    offset + rows.lowerBound * joint.columns..<offset + rows.upperBound * joint.columns
                joint.run(
                    shards: UnsafeBufferPointer(rebasing: shards[..<members.count]), tree: tree, rows: rows,
                    into: replica.gradients.partial(subtree: subtree) + offset,
                    rounds: replica.settings.exchange == .bfloat16,
                    isReadElsewhere: !replica.gradients.isSummedHere(
                        elements, bucket: replica.bucketOfCollective[joint.collective]))
                let share = Double(rows.count * members.count) / Double(joint.rows)
                log?.append(joint.description.scaled(by: share), since: start)
            }
        }
    }

    /// Moves open collectives on.
    private func progress() throws {
        try replica.progressPending()
        try sumGradients()
        for collective in openVectors {
            try replica.vectors.progress(collective, step: replica.stepNumber, batch: batch.count)
        }
    }

    /// Moves buckets of gradients on; true once all that were started are summed.
    @discardableResult
    private func sumGradients() throws -> Bool {
        let start = replica.profiler == nil ? 0 : SpanLog.now()
        let isComplete = try replica.gradients.progress(
            step: replica.stepNumber, batch: batch.count, withSquares: withSquares)
        // A look that finds nothing to do takes no time worth a span.
        if let log = replica.profiler?.communication, SpanLog.now() - start > 2_000 {
            log.append(Profiler.Overhead.exchange, since: start)
        }
        return isComplete
    }

    private mutating func start(_ collective: Int) throws {
        if replica.bucketOfCollective[collective] >= 0 {
            replica.reach(.reduce, bucket: replica.bucketOfCollective[collective])
            try replica.gradients.start(replica.bucketOfCollective[collective], step: replica.stepNumber)
            return
        }
        let description = skeleton.collectives[collective]
        let subtrees = replica.map.subtrees[replica.cluster.rank]
        for (index, root) in subtrees.enumerated() {
            for (offset, shard) in root.enumerated() {
                let isEmpty = !active.contains { $0.place == shard - replica.owned.lowerBound }
                replica.partPointers[offset] =
                    isEmpty
                    ? nil
                    : UnsafeRawPointer(
                        replica.contribution(of: collective, shard - replica.owned.lowerBound, skeleton))
            }
            replica.contributionSum.evaluate(
                replica.localPlans[index], parts: replica.partPointers, byteCount: description.byteCount,
                TreeSum.Combination(description),
                into: replica.vectors.ownVector(collective, subtree: index))
        }
        try replica.vectors.start(collective, step: replica.stepNumber, batch: batch.count)
        openVectors.append(collective)
    }

    /// Waits for a collective, moving everything else on meanwhile.
    private mutating func complete(_ collective: Int) throws {
        guard let open = openVectors.firstIndex(of: collective) else { return }
        var waiting = Waiting(spins: replica.cluster.spins)
        replica.cluster.activity.enter(.statistics)
        try (replica.profiler?.communication).timed(Profiler.Overhead.statistics) {
            while try !replica.vectors.progress(collective, step: replica.stepNumber, batch: batch.count) {
                try progress()
                waiting.turn()
            }
        }
        replica.cluster.activity.enter(.computing)
        openVectors.remove(at: open)
        let description = skeleton.collectives[collective]
        let result = replica.programs.collectiveResults + description.resultOffset
        replica.vectors.collect(collective, batch: batch.count, into: result)
        if description.report == .loss { lossSum = result.assumingMemoryBound(to: Double.self).pointee }
    }

    /// Waits for everything that is still open, for the sums of gradients only if told so.
    mutating func finish(waitsForGradients: Bool) throws {
        for collective in openVectors { try complete(collective) }
        replica.countExamples(active.map(\.count).reduce(0, +))
        guard waitsForGradients else { return }
        var waiting = Waiting(spins: replica.cluster.spins)
        try (replica.profiler?.communication).timed(Profiler.Overhead.gradients) {
            while try !sumGradients() {
                replica.cluster.activity.enter(.gradients, detail: replica.gradients.firstOpenBucket)
                waiting.turn()
            }
        }
        replica.cluster.activity.enter(.computing)
    }

    /// Gives states, such as running statistics, their next values.
    func updateStates() {
        uniformPrograms[0].forEachStateUpdate { state, value, byteCount in
            (replica.state.states + replica.state.offsets[state]).copyMemory(
                from: value, byteCount: byteCount)
        }
    }
}

extension ShardProgram {
    /// Says where a shard's tensors lie.
    func setInputs(_ inputs: ShardFeeder.ShardInputs) {
        setInput(.features, inputs.features)
        setInput(inputs.hasClasses ? .labels : .targets, inputs.targets)
        setInput(.exampleIndices, inputs.indices)
    }
}
