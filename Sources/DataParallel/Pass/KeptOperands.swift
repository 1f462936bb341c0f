import Cluster

/// Where shards keep the operands of joint gradients until these are computed: memory of the rank's own for its shards or,
/// if ranks share it, memory of the node for all shards, so that each rank reads those of the others.
final class KeptOperands {
    /// Whether the ranks of the node read one another's.
    let isShared: Bool
    private let cluster: Cluster
    private let shards: Range<Int>
    private var byteCount = 0
    private var own: UnsafeMutableRawPointer?
    private var node: NodeMemory?

    /// No memory yet, for each of `shards`: the rank's or, if shared, all of the node's ranks.
    init(_ shards: Range<Int>, isShared: Bool, cluster: Cluster) {
        self.shards = shards
        self.isShared = isShared
        self.cluster = cluster
    }

    deinit {
        if let own { PrivateMemory.free(own, byteCount * shards.count) }
    }

    /// Makes room for `needed` bytes a shard, none of whose content stays; collective over the cluster if shared.
    func grow(to needed: Int) throws {
        guard needed > byteCount, !shards.isEmpty else { return }
        let larger = PrivateMemory.aligned(needed)
        if isShared {
            let memory = try NodeMemory(
                byteCount: larger * shards.count, for: .batch("activations"), on: cluster)
            try node?.free()
            node = memory
        } else {
            let memory = try PrivateMemory.allocate(larger * shards.count, for: .batch("activations"))
            if let own { PrivateMemory.free(own, byteCount * shards.count) }
            own = memory
        }
        byteCount = larger
    }

    /// The memory of a shard, by its number in the mini-batch.
    func pointer(shard: Int) -> UnsafeMutableRawPointer {
        guard let base = node?.base ?? own else { return Self.nothing }
        return base + (shard - shards.lowerBound) * byteCount
    }

    /// Gives shared memory back; collective over the node.
    func free() throws {
        try node?.free()
        node = nil
    }

    /// What a program without joint gradients is given.
    private nonisolated(unsafe) static let nothing = UnsafeMutableRawPointer.allocate(
        byteCount: 64, alignment: 64)
}
