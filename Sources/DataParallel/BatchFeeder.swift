import Datasets
import Graph

/// Prepares a rank's shards of mini-batches: the next one in the background while the current one computes.
final class BatchFeeder {
    /// One shard's tensors.
    struct ShardInputs {
        let features: UnsafeMutableRawPointer
        let targets: UnsafeMutableRawPointer
        let indices: UnsafeMutableRawPointer
        let hasClasses: Bool
    }

    /// What fills a set of tensors; apart from the feeder, so that work under way does not keep it alive.
    private struct Filler {
        let maker: BatchMaker
        let map: ShardMap
        let owned: Range<Int>
        let sets: [[ShardInputs]]

        func make(_ batch: Batch, set: Int) {
            for (place, shard) in owned.enumerated() {
                let inputs = sets[set][place]
                let examples = map.examples(of: shard..<(shard + 1), batch: batch.count)
                guard !examples.isEmpty else { continue }
                let hasTargets = maker.examples.targets != nil
                maker.make(
                    rows: batch.rows(examples), features: inputs.features.assumingMemoryBound(to: Float.self),
                    classes: inputs.hasClasses ? inputs.targets.assumingMemoryBound(to: Int32.self) : nil,
                    targets: hasTargets ? inputs.targets.assumingMemoryBound(to: Float.self) : nil,
                    indices: inputs.indices.assumingMemoryBound(to: Int64.self))
            }
        }
    }

    private let filler: Filler
    private let memory: UnsafeMutableRawPointer
    private let memoryBytes: Int
    private let background = BackgroundWorker()
    private var current = 0
    /// The batch under way in the other set.
    private var pending: Batch?

    /// Feeds a rank's shards `owned` of batches of at most `batch` examples.
    init(maker: BatchMaker, map: ShardMap, owned: Range<Int>, batch: Int) {
        let layout = maker.examples.layout
        let most = (batch + map.shards - 1) / map.shards
        let featureBytes = PrivateMemory.aligned(most * layout.width * 4)
        let targetBytes = PrivateMemory.aligned(most * max(4, layout.labels.size))
        let indexBytes = PrivateMemory.aligned(most * 8)
        let shardBytes = featureBytes + targetBytes + indexBytes
        memoryBytes = 2 * max(1, owned.count) * shardBytes
        memory = PrivateMemory.allocate(memoryBytes)
        let start = memory
        let hasClasses = maker.examples.classes != nil
        let sets = (0..<2).map { set in
            owned.indices.map { place in
                let base = start + (set * owned.count + place - owned.lowerBound) * shardBytes
                return ShardInputs(
                    features: base, targets: base + featureBytes, indices: base + featureBytes + targetBytes,
                    hasClasses: hasClasses)
            }
        }
        filler = Filler(maker: maker, map: map, owned: owned, sets: sets)
    }

    deinit {
        background.wait()
        PrivateMemory.free(memory, memoryBytes)
    }

    /// The tensors of the rank's shards of `batch`; starts preparing `next`. Valid until the next call.
    func take(_ batch: Batch, next: Batch?) -> [ShardInputs] {
        background.wait()
        if let pending, pending.rows == batch.rows {
            current = 1 - current
        } else {
            filler.make(batch, set: current)
        }
        pending = next
        if let next {
            let set = 1 - current
            background.start { [filler] in filler.make(next, set: set) }
        }
        return filler.sets[current]
    }
}
