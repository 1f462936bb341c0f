import Cluster
import DataParallel
import Datasets

/// Chooses the mini-batch of a run with `training.batch: auto`, as `BatchChoice` says.
///
/// Rank 0 chooses, from numbers that do not depend on the ranks: the noise scale, which has the same bits at any number
/// of them; the limit of a node's memory, whatever of it is free; and the need of a single rank that holds all shards.
struct BatchSearch {
    let data: PreparedData
    let cluster: Cluster
    let progress: ProgressLine
    /// The weights that training starts from.
    let initial: InitialWeights

    /// The share of a node's memory that may be taken: the rest is for the system, for what the ranks of a node hold
    /// several times, and for what the estimate is wrong by.
    static let share = 0.8
    /// Bytes of the program with its libraries, whatever those of this machine take.
    static let programBytes = 64 << 20

    /// Sets the mini-batch where the settings leave it to the run; collective.
    ///
    /// - Returns: The choice; nil where the settings say a size, or the resumed run has one.
    func settle(_ settings: inout TrainingSettings) throws -> BatchChoice? {
        guard settings.choosesBatch else { return nil }
        if let batch = try resumed(settings) {
            settings.take(batch: batch)
            return nil
        }
        let sizes = sizes(settings)
        let probe = try Agreement.fromRoot(cluster.world) { try largest(sizes, settings) }
        let found = try NoiseProbe(settings: settings, data: data, cluster: cluster, progress: progress)
            .run(batch: probe, from: initial)
        var choice = try Agreement.fromRoot(cluster.world) { try choose(sizes, found, settings) }
        choice.noiseScale = found?.noiseScale
        choice.measuredExamples = found?.examples ?? 0
        settings.take(batch: choice.batch)
        return choice
    }

    /// The mini-batch of the run to be resumed, as its newest checkpoint has it; nil without one.
    private func resumed(_ settings: TrainingSettings) throws -> Int? {
        try Agreement.fromRoot(cluster.world) { () -> Int? in
            RunSettings.identity(resumedBy: settings)?.whole("training.batch")
        }
    }

    /// The powers of two from which to choose, ascending: those that batch norm can take statistics of, the last
    /// mini-batch of an epoch included.
    private func sizes(_ settings: TrainingSettings) -> [Int] {
        let examples = data.training.count
        let powers = (0..<24).map { 1 << $0 }.filter { $0 == 1 || $0 * settings.accumulate <= examples }
        let fitting = powers.filter { size in
            [size, examples % size].filter { $0 > 0 }.allSatisfy { count in
                (try? Replica.check(data.model, batch: count, shards: shards(size, settings))) != nil
            }
        }
        // Without any, preparation says what is wrong.
        return fitting.isEmpty ? [powers.last ?? 1] : fitting
    }

    /// The shards of mini-batches of `size`.
    private func shards(_ size: Int, _ settings: TrainingSettings) -> Int {
        var settings = settings
        settings.batchIfAny = size
        return settings.shardCount
    }

    /// Bytes of a single rank that holds all shards of mini-batches of `size`.
    private func need(_ size: Int, _ settings: TrainingSettings) throws -> Int {
        var settings = settings
        settings.batchIfAny = size
        var work = MemoryEstimate.Work(settings, data)
        // A range test, which watches nothing, chooses as the run does.
        work.keepsBest = true
        let estimate = try MemoryEstimate(data.model, work, kernels: cluster.kernels)
        return estimate.ranks(1, workers: settings.shardCount, program: Self.programBytes)[0].total
    }

    /// The largest size, of those that a noise scale is measured with, that fits into memory.
    private func largest(_ sizes: [Int], _ settings: TrainingSettings) throws -> Int {
        let memory = MemoryLimit(given: settings.memoryLimit)
        let small = sizes.filter { $0 <= NoiseProbe.largestBatch }
        for size in small.reversed() where try fits(need(size, settings), memory) { return size }
        let least = sizes[0]
        guard small.isEmpty, try fits(need(least, settings), memory) else {
            throw try tooLittle(least, memory, settings)
        }
        return least
    }

    private func fits(_ byteCount: Int, _ memory: MemoryLimit) -> Bool {
        Double(byteCount) <= Self.share * Double(memory.byteCount)
    }

    private func tooLittle(
        _ size: Int, _ memory: MemoryLimit, _ settings: TrainingSettings
    ) throws -> ResourceError {
        let (needed, limit) = (
            ProcessMemory.text(try need(size, settings)), ProcessMemory.text(memory.byteCount)
        )
        let cure =
            memory.source == .setting ? "raise training.memory" : "use a machine with more"
        return ResourceError(
            "even a mini-batch of \(size) takes \(needed) with all shards on one rank, and four fifths of a node's \(limit) are less: \(cure), or use a smaller model, or set training.batch to a number"
        )
    }

    /// The largest size that nothing forbids; no step has fewer examples than shards because of a small noise scale.
    private func choose(
        _ sizes: [Int], _ found: NoiseProbe.Found?, _ settings: TrainingSettings
    ) throws -> BatchChoice {
        let memory = MemoryLimit(given: settings.memoryLimit)
        let noise = found.map { $0.noiseScale ?? Double($0.examples) } ?? .infinity
        var chosen = sizes[0]
        for size in sizes.dropFirst() {
            if Double(size * settings.accumulate) >= noise,
                chosen * settings.accumulate >= shards(chosen, settings)
            {
                return BatchChoice(batch: chosen, limit: .noiseScale)
            }
            let needed = try need(size, settings)
            if !fits(needed, memory) {
                var choice = BatchChoice(batch: chosen, limit: .memory)
                choice.neededBytes = needed
                choice.memoryBytes = memory.byteCount
                return choice
            }
            chosen = size
        }
        return BatchChoice(batch: chosen, limit: .data)
    }
}

extension RunIdentity {
    /// The whole number that a key is set to; nil for any other value.
    func whole(_ key: String) -> Int? {
        switch settings.first(where: { $0.key == key })?.value {
        case .whole(let number): number
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }
}
