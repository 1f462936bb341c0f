import CKernels
import Cluster
import FixedTree
import Synchronization

/// Sums one gradient group over a rank's shards. Partial sums are merged as soon as both halves of a subtree are
/// complete, so that few copies exist at a time.
///
/// Worker threads call it at the same time; which thread merges does not change what is added to what.
final class GradientAccumulator: @unchecked Sendable {
    /// A node of the fixed tree inside one of the rank's subtrees.
    private struct Node {
        let shards: Range<Int>
        /// The index of the rank's subtree that the node is in.
        let root: Int
        var parent: Int?
        var sibling: Int?
        var isLeft = true
    }

    private struct State {
        /// The sum of each node that is complete and waits for its sibling's.
        var waiting: [UnsafeMutablePointer<Float>?]
        var free: [UnsafeMutablePointer<Float>]
        var made: [UnsafeMutablePointer<Float>]
    }

    private let nodes: [Node]
    private let leaves: [Int]
    private let firstShard: Int
    private let targets: [UnsafeMutablePointer<Float>]
    private let roots: [Range<Int>]
    private let count: Int
    private let kernels: UnsafePointer<dt_kernels>
    private let precision: GradientPrecision
    private let map: ShardMap
    private let state: Mutex<State>

    /// - Parameters:
    ///   - owned: The rank's shards, which consist of the subtrees `roots`.
    ///   - targets: Where the sum of each subtree is written.
    ///   - count: The elements of the group.
    ///   - precision: The precision that gradients and sums are rounded to.
    init(
        owned: Range<Int>, roots: [Range<Int>], targets: [UnsafeMutablePointer<Float>], count: Int,
        map: ShardMap, kernels: UnsafePointer<dt_kernels>, precision: GradientPrecision = .float32
    ) {
        var nodes: [Node] = []
        var leaves = Array(repeating: 0, count: owned.count)
        for (index, root) in roots.enumerated() {
            _ = FixedTree.fold(root) { node -> Int? in
                guard node.count == 1 else { return nil }
                leaves[node.lowerBound - owned.lowerBound] = nodes.count
                nodes.append(Node(shards: node, root: index))
                return nodes.count - 1
            } combine: { left, right in
                let shards = nodes[left].shards.lowerBound..<nodes[right].shards.upperBound
                (nodes[left].parent, nodes[left].sibling) = (nodes.count, right)
                (nodes[right].parent, nodes[right].sibling) = (nodes.count, left)
                nodes[right].isLeft = false
                nodes.append(Node(shards: shards, root: index))
                return nodes.count - 1
            }
        }
        self.nodes = nodes
        self.leaves = leaves
        firstShard = owned.lowerBound
        self.targets = targets
        self.roots = roots
        self.count = count
        self.map = map
        self.kernels = kernels
        self.precision = precision
        state = Mutex(State(waiting: Array(repeating: nil, count: nodes.count), free: [], made: []))
    }

    deinit {
        let byteCount = count * 4
        state.withLock { state in
            for buffer in state.made { PrivateMemory.free(UnsafeMutableRawPointer(buffer), byteCount) }
        }
    }

    /// Where a shard writes its gradients: the target of its subtree for the subtree's first shard, else a copy; throws
    /// where there is no memory for one.
    func begin(shard: Int) throws -> UnsafeMutablePointer<Float> {
        let root = nodes[leaves[shard - firstShard]].root
        if roots[root].lowerBound == shard { return targets[root] }
        return try state.withLock { state in
            if let buffer = state.free.popLast() { return Unchecked(buffer) }
            let buffer = try PrivateMemory.allocate(count * 4, for: .model("gradients of shards"))
                .assumingMemoryBound(to: Float.self)
            state.made.append(buffer)
            return Unchecked(buffer)
        }.value
    }

    /// Takes a shard's gradients from the memory that `begin` returned, and merges what can be merged.
    func end(shard: Int, _ buffer: UnsafeMutablePointer<Float>, batch: Int) {
        var place = leaves[shard - firstShard]
        var sum = buffer
        var isRounded = false
        while let parent = nodes[place].parent, let sibling = nodes[place].sibling {
            if !map.isEmpty(nodes[sibling].shards, batch: batch) {
                let mine = Unchecked(sum)
                let here = place
                let other = state.withLock { state -> Unchecked<UnsafeMutablePointer<Float>?> in
                    if let other = state.waiting[sibling] {
                        state.waiting[sibling] = nil
                        return Unchecked(other)
                    }
                    state.waiting[here] = mine.value
                    return Unchecked(nil)
                }.value
                guard let other else { return }
                let (left, right) = nodes[place].isLeft ? (sum, other) : (other, sum)
                precision.add(count, left, right, left, kernels)
                isRounded = true
                giveBack(right)
                sum = left
            }
            place = parent
        }
        if !isRounded { precision.round(count, sum, kernels) }
        // The first shard writes into the target; if it has no examples, the sum is in another shard's copy.
        let target = targets[nodes[place].root]
        if sum != target {
            target.update(from: sum, count: count)
            giveBack(sum)
        }
    }

    private func giveBack(_ buffer: UnsafeMutablePointer<Float>) {
        guard !targets.contains(buffer) else { return }
        let returned = Unchecked(buffer)
        state.withLock { $0.free.append(returned.value) }
    }
}

/// A value that the owner uses safely from several threads, though its type is not Sendable.
struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
