import CKernels
import Cluster
import FixedTree
import MPI
import Runtime

/// Combines short vectors (moments, sums, losses) over all shards; every rank gets every result.
///
/// Ranks of a node publish their subtrees' vectors in the node's memory; the first rank of each node exchanges them
/// with the other nodes; then every rank combines all of them in tree order. Only the thread that makes MPI calls may
/// use it.
final class VectorExchange {
    private let cluster: Cluster
    private let map: ShardMap
    private let memory: NodeMemory
    private let sum: TreeSum
    private var channels: [Channel] = []
    private let parts: UnsafeMutablePointer<UnsafeRawPointer?>
    private let partCount: Int

    /// One collective's vectors.
    private final class Channel {
        let combination: TreeSum.Combination
        let byteCount: Int
        let stride: Int
        /// The offset of the flags in the node's memory: one per local rank, then one for the other nodes' vectors.
        let flags: Int
        /// The offset of the vectors: local ranks' subtrees, then other nodes'.
        let data: Int
        var outgoing: RequestSet
        var phase = Phase.idle

        enum Phase { case idle, waitingForNode, exchanging, complete }

        init(combination: TreeSum.Combination, byteCount: Int, flags: Int, data: Int, messages: Int) {
            self.combination = combination
            self.byteCount = byteCount
            stride = PrivateMemory.aligned(byteCount)
            self.flags = flags
            self.data = data
            outgoing = RequestSet(capacity: messages)
        }
    }

    /// A subtree whose vector is in the node's memory.
    private struct Part {
        let subtree: Range<Int>
        /// The node that it comes from; for subtrees of this node, the local rank.
        let node: Int
    }
    private let partList: [Part]
    private let plan: TreePlan
    private let ownParts: Range<Int>
    private let nodePlans: [(plan: TreePlan, subtree: Range<Int>)]
    private let localPartCount: Int

    /// Allocates for `collectives`, of which those that carry gradients need nothing; collective over the cluster.
    init(cluster: Cluster, map: ShardMap, collectives: [Program.Collective]) throws {
        self.cluster = cluster
        self.map = map
        let node = cluster.nodes[cluster.nodeIndex]
        var list: [Part] = []
        var own = 0..<0
        for rank in node {
            let start = list.count
            list += map.subtrees[rank].map { Part(subtree: $0, node: cluster.nodeIndex) }
            if rank == cluster.rank { own = start..<list.count }
        }
        localPartCount = list.count
        let local = list.map(\.subtree)
        nodePlans = map.nodeSubtrees[cluster.nodeIndex].map { (TreePlan(root: $0, parts: local), $0) }
        for other in cluster.nodes.indices where other != cluster.nodeIndex {
            list += map.nodeSubtrees[other].map { Part(subtree: $0, node: other) }
        }
        partList = list
        ownParts = own
        plan = TreePlan(root: 0..<map.shards, parts: list.map(\.subtree))
        partCount = list.count
        parts = .allocate(capacity: partCount)
        parts.initialize(repeating: nil, count: partCount)

        var end = 0
        func reserve(_ bytes: Int) -> Int {
            end += PrivateMemory.aligned(bytes)
            return end - PrivateMemory.aligned(bytes)
        }
        let messages = 2 * (list.count + nodePlans.count * cluster.nodes.count)
        for collective in collectives {
            if case .gradients = collective.kind {
                channels.append(
                    Channel(combination: .addFloats, byteCount: 0, flags: 0, data: 0, messages: 0))
                continue
            }
            let flags = reserve(64 * (node.count + 1))
            let data = reserve(PrivateMemory.aligned(collective.byteCount) * partCount)
            channels.append(
                Channel(
                    combination: TreeSum.Combination(collective), byteCount: collective.byteCount,
                    flags: flags, data: data,
                    messages: messages))
        }
        memory = try NodeMemory(byteCount: max(end, 64), for: .model("statistics"), on: cluster)
        let plans = nodePlans
        nodeVectors =
            cluster.nodes.count == 1
            ? []
            : try channels.map { channel in
                try plans.map { _ in
                    try PrivateMemory.allocate(max(channel.stride, 64), for: .model("statistics"))
                }
            }
        sum = TreeSum(
            depth: max(plan.depth, nodePlans.map(\.plan.depth).max() ?? 1),
            vectorBytes: channels.map(\.stride).max() ?? 64, kernels: cluster.kernels)
    }

    deinit { parts.deallocate() }

    /// Gives the node's memory back; collective over the node.
    func free() throws { try memory.free() }

    /// Where this rank writes the vector of its subtree `index` before `start`.
    func ownVector(_ collective: Int, subtree index: Int) -> UnsafeMutableRawPointer {
        vector(channels[collective], ownParts.lowerBound + index)
    }

    /// Makes this rank's vectors of a collective available in the step numbered `step`.
    func start(_ collective: Int, step: UInt64, batch: Int) throws {
        let channel = channels[collective]
        flag(channel, cluster.node.rank).store(step)
        channel.phase = .waitingForNode
        try progress(collective, step: step, batch: batch)
    }

    /// Advances a started collective without waiting; true once all vectors are there.
    @discardableResult
    func progress(_ collective: Int, step: UInt64, batch: Int) throws -> Bool {
        let channel = channels[collective]
        switch channel.phase {
        case .idle: preconditionFailure("collective \(collective) was not started")
        case .complete: return true
        case .waitingForNode:
            for rank in 0..<cluster.node.size where flag(channel, rank).load() < step { return false }
            guard cluster.nodes.count > 1 else {
                channel.phase = .complete
                return true
            }
            channel.phase = .exchanging
            if cluster.node.rank == 0 { try exchangeBetweenNodes(collective, channel, batch: batch) }
            return try progress(collective, step: step, batch: batch)
        case .exchanging:
            if cluster.node.rank == 0 {
                guard try channel.outgoing.testAll() else { return false }
                flag(channel, cluster.node.size).store(step)
            } else if flag(channel, cluster.node.size).load() < step {
                return false
            }
            channel.phase = .complete
            return true
        }
    }

    /// The combined vector of a complete collective, written to `target`.
    func collect(_ collective: Int, batch: Int, into target: UnsafeMutableRawPointer) {
        let channel = channels[collective]
        precondition(channel.phase == .complete, "collective \(collective) is not complete")
        for (index, part) in partList.enumerated() {
            parts[index] =
                map.isEmpty(part.subtree, batch: batch) ? nil : UnsafeRawPointer(vector(channel, index))
        }
        sum.evaluate(plan, parts: parts, byteCount: channel.byteCount, channel.combination, into: target)
        channel.phase = .idle
    }

    private func exchangeBetweenNodes(_ collective: Int, _ channel: Channel, batch: Int) throws {
        var received = localPartCount
        for other in cluster.nodes.indices where other != cluster.nodeIndex {
            for _ in map.nodeSubtrees[other] {
                let bytes = UnsafeMutableRawBufferPointer(
                    start: vector(channel, received), count: channel.byteCount)
                try channel.outgoing.receive(
                    into: bytes, from: cluster.nodes[other].lowerBound, tag: collective, on: cluster.world)
                received += 1
            }
        }
        for (index, part) in partList[..<localPartCount].enumerated() {
            parts[index] =
                map.isEmpty(part.subtree, batch: batch) ? nil : UnsafeRawPointer(vector(channel, index))
        }
        for (index, nodePlan) in nodePlans.enumerated() {
            let result = nodeVector(channel, index)
            sum.evaluate(
                nodePlan.plan, parts: parts, byteCount: channel.byteCount, channel.combination, into: result)
            for other in cluster.nodes.indices where other != cluster.nodeIndex {
                try channel.outgoing.send(
                    UnsafeRawBufferPointer(start: result, count: channel.byteCount),
                    to: cluster.nodes[other].lowerBound, tag: collective, on: cluster.world)
            }
        }
    }

    /// Private memory for the vectors that this node sends, unchanged while messages are under way; empty if it sends
    /// none.
    private let nodeVectors: [[UnsafeMutableRawPointer]]

    private func nodeVector(_ channel: Channel, _ index: Int) -> UnsafeMutableRawPointer {
        guard let place = channels.firstIndex(where: { $0 === channel }) else {
            preconditionFailure("a channel of another exchange")
        }
        return nodeVectors[place][index]
    }

    private func flag(_ channel: Channel, _ place: Int) -> SharedFlag {
        SharedFlag(at: memory.base + channel.flags + 64 * place)
    }

    private func vector(_ channel: Channel, _ part: Int) -> UnsafeMutableRawPointer {
        memory.base + channel.data + channel.stride * part
    }
}
