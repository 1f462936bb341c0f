import Cluster
import Datasets
import Graph

/// Makes the tensors of a rank's shards, each on the thread that is about to compute with it, so that they are in
/// its cache. Shards may be made at the same time.
final class ShardFeeder: @unchecked Sendable {
    /// One shard's tensors.
    struct ShardInputs {
        let features: UnsafeMutableRawPointer
        let targets: UnsafeMutableRawPointer
        let indices: UnsafeMutableRawPointer
        let hasClasses: Bool
    }

    /// Where the tensors of each local shard stand.
    let inputs: [ShardInputs]
    private let maker: BatchMaker
    private let map: ShardMap
    private let owned: Range<Int>
    private let memory: UnsafeMutableRawPointer
    private let memoryBytes: Int

    /// Feeds a rank's shards `owned` of batches of at most `batch` examples.
    init(maker: BatchMaker, map: ShardMap, owned: Range<Int>, batch: Int) throws {
        let layout = maker.examples.layout
        let most = (batch + map.shards - 1) / map.shards
        func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
        let featureBytes = aligned(most * layout.width * 4)
        let targetBytes = aligned(most * max(4, layout.labels.size))
        let indexBytes = aligned(most * 8)
        let shardBytes = featureBytes + targetBytes + indexBytes
        memoryBytes = max(1, owned.count) * shardBytes
        let memory = try PrivateMemory.allocate(memoryBytes, for: "mini-batches")
        self.memory = memory
        let hasClasses = maker.examples.classes != nil
        inputs = owned.indices.map { shard in
            let base = memory + (shard - owned.lowerBound) * shardBytes
            return ShardInputs(
                features: base, targets: base + featureBytes, indices: base + featureBytes + targetBytes,
                hasClasses: hasClasses)
        }
        self.maker = maker
        self.map = map
        self.owned = owned
    }

    deinit { PrivateMemory.free(memory, memoryBytes) }

    /// Makes the tensors of local shard `place` of a batch.
    func make(_ batch: Batch, place: Int) {
        let shard = owned.lowerBound + place
        let examples = map.examples(of: shard..<(shard + 1), batch: batch.count)
        guard !examples.isEmpty else { return }
        let inputs = inputs[place]
        let hasTargets = maker.examples.targets != nil
        maker.make(
            rows: batch.rows(examples), features: inputs.features.assumingMemoryBound(to: Float.self),
            classes: inputs.hasClasses ? inputs.targets.assumingMemoryBound(to: Int32.self) : nil,
            targets: hasTargets ? inputs.targets.assumingMemoryBound(to: Float.self) : nil,
            indices: inputs.indices.assumingMemoryBound(to: Int64.self), epoch: batch.epoch)
    }
}
