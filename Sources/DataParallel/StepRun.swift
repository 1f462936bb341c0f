import Graph
import Runtime

/// One step under way: which program each local shard runs and which collectives are open.
struct StepRun {
    private let replica: Replica
    private let batch: Batch
    private let withSquares: Bool
    private let inputs: [BatchFeeder.ShardInputs]
    /// Local shards with examples, and their sizes.
    private let active: [(place: Int, count: Int)]
    /// The structure all shards share.
    private let skeleton: Program
    private var uniformPrograms: [ShardProgram]
    private var openVectors: [Int] = []
    private(set) var lossSum = 0.0

    init(_ replica: Replica, batch: Batch, inputs: [BatchFeeder.ShardInputs], withSquares: Bool) throws {
        self.replica = replica
        self.batch = batch
        self.inputs = inputs
        self.withSquares = withSquares
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
        uniformPrograms = try sizes.map { try replica.programs.program(count: $0, slot: 0) }
        // Planning one size may move the memory of another: look all of them up once all are planned.
        uniformPrograms = try sizes.map { try replica.programs.program(count: $0, slot: 0) }
        skeleton = uniformPrograms[0].program
    }

    mutating func stages() throws {
        for stage in skeleton.stages.indices {
            for collective in skeleton.stages[stage].awaits { try complete(collective) }
            for program in uniformPrograms {
                program.runUniform(
                    stage: stage, scratch: replica.programs.scratch[0].pointer, scalars: replica.scalars,
                    log: replica.profiler?.workers[0])
            }
            for part in Schedule.Part.allCases { try run(stage, part) }
        }
    }

    private mutating func run(_ stage: Int, _ part: Schedule.Part) throws {
        let description = skeleton.stages[stage].parts[part.rawValue]
        if !description.isEmpty {
            let run = self
            try replica.pool.run(active.count) { index, worker in
                run.runShard(index, worker, stage, part, description)
            } between: {
                try run.progress()
            }
        }
        for collective in description.collectives { try start(collective) }
    }

    /// Runs a part for one local shard, on a worker's thread.
    private func runShard(
        _ index: Int, _ worker: Int, _ stage: Int, _ part: Schedule.Part, _ description: Program.Part
    ) {
        let (place, count) = active[index]
        let shard = replica.owned.lowerBound + place
        guard
            let program = try? replica.programs.program(
                count: count, slot: replica.perLocalShard ? place : worker)
        else { preconditionFailure("the program for \(count) examples was planned before the step") }
        program.setInputs(inputs[place])
        let log = replica.profiler?.workers[worker]
        let progress = worker == 0 && replica.pool.workers == 1
        withUnsafeTemporaryAllocation(
            of: UnsafeMutablePointer<Float>.self, capacity: description.groups.count
        ) { pointers in
            for (place, group) in description.groups.enumerated() {
                let pointer = replica.accumulators[group].begin(shard: shard)
                pointers.initializeElement(at: place, to: pointer)
                program.setGradients(group: group, pointer)
            }
            program.run(
                stage: stage, part: part, scratch: replica.programs.scratch[worker].pointer,
                scalars: replica.scalars, log: log
            ) {
                if progress { try? self.progress() }
            }
            for (place, group) in description.groups.enumerated() {
                log.timed(Profiler.Overhead.merge) {
                    replica.accumulators[group].end(shard: shard, pointers[place], batch: batch.count)
                }
            }
        }
        for collective in description.collectives where replica.bucketOfCollective[collective] < 0 {
            program.copyContribution(to: collective, replica.contribution(of: collective, place, skeleton))
        }
    }

    /// Moves open collectives on.
    private func progress() throws {
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
        var waiting = Waiting()
        try (replica.profiler?.communication).timed(Profiler.Overhead.statistics) {
            while try !replica.vectors.progress(collective, step: replica.stepNumber, batch: batch.count) {
                try progress()
                waiting.turn()
            }
        }
        openVectors.remove(at: open)
        let description = skeleton.collectives[collective]
        let result = replica.programs.collectiveResults + description.resultOffset
        replica.vectors.collect(collective, batch: batch.count, into: result)
        if description.report == .loss { lossSum = result.assumingMemoryBound(to: Double.self).pointee }
    }

    /// Waits for everything that is still open.
    mutating func finish() throws {
        for collective in openVectors { try complete(collective) }
        var waiting = Waiting()
        try (replica.profiler?.communication).timed(Profiler.Overhead.gradients) {
            while try !sumGradients() { waiting.turn() }
        }
        replica.countExamples(active.map(\.count).reduce(0, +))
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
    func setInputs(_ inputs: BatchFeeder.ShardInputs) {
        setInput(.features, inputs.features)
        setInput(inputs.hasClasses ? .labels : .targets, inputs.targets)
        setInput(.exampleIndices, inputs.indices)
    }
}
