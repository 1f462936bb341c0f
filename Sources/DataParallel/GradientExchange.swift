import CKernels
import MPI

/// Sums gradients over all shards in the fixed tree, bucket by bucket, while the backward pass goes on.
///
/// Each bucket is cut into one slice per rank at block edges. Ranks of a node read one another's partial sums in
/// the node's memory. Rank r combines slice r; on every other node one rank combines that node's subtrees of the
/// slice, sends them to r and gets the result, which it then holds for its node. Used by the thread that makes MPI
/// calls.
package final class GradientExchange {
    /// A slice this rank holds the sum of when a step is done.
    package struct Duty {
        package let slice: ParameterLayout.Slice
        /// The rank that combines it: this one, or one of another node.
        let owner: Int
        /// Offset in `staging`: subtrees to send, or subtrees received.
        let staging: Int
    }

    private final class Bucket {
        enum Phase { case idle, waitingForNode, gathering, distributing, complete }
        var phase = Phase.idle
        let duties: [Duty]
        var incoming: RequestSet
        var others: RequestSet

        init(duties: [Duty], messages: Int) {
            self.duties = duties
            incoming = RequestSet(capacity: messages)
            others = RequestSet(capacity: messages)
        }
    }

    /// The sum of the gradients in this rank's duties, laid out as the parameters; elsewhere unspecified.
    package let sum: UnsafeMutablePointer<Float>
    private let cluster: Cluster
    private let map: ShardMap
    private let layout: ParameterLayout
    private let memory: NodeMemory
    private let staging: UnsafeMutableRawPointer
    private let stagingBytes: Int
    private let tree: TreeSum
    private var buckets: [Bucket] = []
    private let parts: UnsafeMutablePointer<UnsafeRawPointer?>
    private let localParts: [(subtree: Range<Int>, offset: Int)]
    private let ownPartOffsets: [Int]
    private let remoteParts: [(subtree: Range<Int>, node: Int)]
    private let plan: TreePlan
    private let nodePlans: [(plan: TreePlan, subtree: Range<Int>)]
    private let blockSumsOffset: Int
    private var isSumOwned = false

    /// The tags of vectors end below this one.
    private static let firstTag = 10_000

    /// Room for the parameters of `layout`; collective over the cluster.
    package init(cluster: Cluster, map: ShardMap, layout: ParameterLayout, control: ReplicaSettings.Control)
        throws
    {
        self.cluster = cluster
        self.map = map
        self.layout = layout
        let node = cluster.nodes[cluster.nodeIndex]
        var end = 64 * node.count * (layout.buckets.count + 3)
        blockSumsOffset = end
        end += (layout.blocks.count * 8 + 63) / 64 * 64
        var local: [(subtree: Range<Int>, offset: Int)] = []
        var own: [Int] = []
        for rank in node {
            for subtree in map.subtrees[rank] {
                if rank == cluster.rank { own.append(end) }
                local.append((subtree, end))
                end += layout.elementCount * 4
            }
        }
        localParts = local
        ownPartOffsets = own
        var remote: [(subtree: Range<Int>, node: Int)] = []
        for other in cluster.nodes.indices where other != cluster.nodeIndex {
            remote += map.nodeSubtrees[other].map { ($0, other) }
        }
        remoteParts = remote
        let subtrees = local.map(\.subtree) + remote.map(\.subtree)
        plan =
            control == .sumInRankOrder
            ? TreePlan(inOrderOf: subtrees) : TreePlan(root: 0..<map.shards, parts: subtrees)
        nodePlans = map.nodeSubtrees[cluster.nodeIndex].map { subtree in
            (TreePlan(root: subtree, parts: local.map(\.subtree)), subtree)
        }
        parts = .allocate(capacity: local.count + remote.count)
        parts.initialize(repeating: nil, count: local.count + remote.count)
        memory = try NodeMemory(byteCount: end, on: cluster)

        var stagingEnd = 0
        for bucket in layout.buckets.indices {
            var duties: [Duty] = []
            for owner in 0..<cluster.size {
                let isOwn = owner == cluster.rank
                let isForeign = !node.contains(owner) && owner % node.count == cluster.node.rank
                guard isOwn || isForeign else { continue }
                let slice = layout.slice(owner, of: cluster.size, bucket: bucket)
                duties.append(Duty(slice: slice, owner: owner, staging: stagingEnd))
                stagingEnd += slice.elements.count * 4 * (isOwn ? remote.count : nodePlans.count)
                stagingEnd = (stagingEnd + 63) / 64 * 64
            }
            buckets.append(Bucket(duties: duties, messages: 4 * (remote.count + cluster.size + 4)))
        }
        stagingBytes = max(64, stagingEnd)
        staging = PrivateMemory.allocate(stagingBytes)
        tree = TreeSum(
            depth: max(plan.depth, nodePlans.map(\.plan.depth).max() ?? 1), vectorBytes: 64,
            kernels: cluster.kernels)
        if cluster.size == 1 {
            // One rank's only partial is the sum.
            sum = (memory.base + own[0]).assumingMemoryBound(to: Float.self)
        } else {
            sum = PrivateMemory.allocate(layout.elementCount * 4).assumingMemoryBound(to: Float.self)
            isSumOwned = true
        }
    }

    deinit {
        PrivateMemory.free(staging, stagingBytes)
        if isSumOwned { PrivateMemory.free(UnsafeMutableRawPointer(sum), layout.elementCount * 4) }
        parts.deallocate()
    }

    /// Gives the node's memory back; collective over the node.
    package func free() throws { try memory.free() }

    /// Where this rank sums the gradients of its subtree `index`, laid out as the parameters.
    package func partial(subtree index: Int) -> UnsafeMutablePointer<Float> {
        (memory.base + ownPartOffsets[index]).assumingMemoryBound(to: Float.self)
    }

    /// Whether this rank sums these flat elements of a bucket, so that no other rank of the node reads its part of them.
    func isSummedHere(_ elements: Range<Int>, bucket: Int) -> Bool {
        if cluster.node.size == 1 { return true }
        return buckets[bucket].duties.contains { duty in
            duty.owner == cluster.rank && duty.slice.elements.lowerBound <= elements.lowerBound
                && elements.upperBound <= duty.slice.elements.upperBound
        }
    }

    /// The slices this rank holds after a step.
    package var duties: [Duty] { buckets.flatMap(\.duties) }

    /// Publishes this rank's partial sums of a bucket.
    package func start(_ bucket: Int, step: UInt64) throws {
        flag(bucket, cluster.node.rank).store(step)
        buckets[bucket].phase = .waitingForNode
        try postReceives(bucket)
    }

    /// Moves all started buckets on without waiting; true once all of them are summed.
    ///
    /// - Parameter withSquares: Whether sums of squares of blocks are wanted.
    package func progress(step: UInt64, batch: Int, withSquares: Bool) throws -> Bool {
        var isComplete = true
        for bucket in buckets.indices where buckets[bucket].phase != .idle {
            if try !progress(bucket, step, batch, withSquares) { isComplete = false }
        }
        return isComplete
    }

    /// Ends a step in which all buckets were summed.
    package func reset() { for bucket in buckets { bucket.phase = .idle } }

    private func progress(_ index: Int, _ step: UInt64, _ batch: Int, _ withSquares: Bool) throws -> Bool {
        let bucket = buckets[index]
        if bucket.phase == .waitingForNode {
            for rank in 0..<cluster.node.size where flag(index, rank).load() < step { return false }
            for duty in bucket.duties where duty.owner != cluster.rank {
                try sendNodeSubtrees(index, duty, batch: batch)
            }
            bucket.phase = .gathering
        }
        if bucket.phase == .gathering {
            guard try bucket.incoming.testAll() else { return false }
            for duty in bucket.duties where duty.owner == cluster.rank {
                combine(duty, batch: batch, withSquares: withSquares)
                try distribute(index, duty)
            }
            bucket.phase = .distributing
        }
        if bucket.phase == .distributing {
            guard try bucket.others.testAll() else { return false }
            bucket.phase = .complete
        }
        return bucket.phase == .complete
    }

    private func postReceives(_ index: Int) throws {
        guard cluster.nodes.count > 1 else { return }
        let bucket = buckets[index]
        for duty in bucket.duties where !duty.slice.blocks.isEmpty {
            let byteCount = duty.slice.elements.count * 4
            guard duty.owner == cluster.rank else {
                try bucket.others.receive(
                    into: UnsafeMutableRawBufferPointer(
                        start: sum + duty.slice.elements.lowerBound, count: byteCount),
                    from: duty.owner, tag: tag(index, 1), on: cluster.world)
                try bucket.others.receive(
                    into: UnsafeMutableRawBufferPointer(
                        start: blockSums + duty.slice.blocks.lowerBound, count: duty.slice.blocks.count * 8),
                    from: duty.owner, tag: tag(index, 2), on: cluster.world)
                continue
            }
            for (place, part) in remoteParts.enumerated() {
                try bucket.incoming.receive(
                    into: UnsafeMutableRawBufferPointer(
                        start: staging + duty.staging + place * byteCount, count: byteCount),
                    from: combiner(of: duty.owner, on: part.node), tag: tag(index, 0), on: cluster.world)
            }
        }
    }

    private func sendNodeSubtrees(_ index: Int, _ duty: Duty, batch: Int) throws {
        guard !duty.slice.blocks.isEmpty else { return }
        let byteCount = duty.slice.elements.count * 4
        setLocalParts(duty.slice, batch: batch)
        for (place, node) in nodePlans.enumerated() {
            let target = staging + duty.staging + place * byteCount
            tree.evaluate(node.plan, parts: parts, byteCount: byteCount, .addFloats, into: target)
            try buckets[index].others.send(
                UnsafeRawBufferPointer(start: target, count: byteCount), to: duty.owner, tag: tag(index, 0),
                on: cluster.world)
        }
    }

    private func combine(_ duty: Duty, batch: Int, withSquares: Bool) {
        guard !duty.slice.blocks.isEmpty else { return }
        let byteCount = duty.slice.elements.count * 4
        if cluster.size > 1 {
            setLocalParts(duty.slice, batch: batch)
            for (place, part) in remoteParts.enumerated() {
                parts[localParts.count + place] =
                    map.isEmpty(part.subtree, batch: batch)
                    ? nil : UnsafeRawPointer(staging + duty.staging + place * byteCount)
            }
            tree.evaluate(
                plan, parts: parts, byteCount: byteCount, .addFloats,
                into: UnsafeMutableRawPointer(sum + duty.slice.elements.lowerBound))
        }
        guard withSquares else { return }
        for block in duty.slice.blocks {
            let place = layout.blocks[block]
            blockSums[block] = cluster.kernels.pointee.sum_of_squares(Int64(place.count), sum + place.offset)
        }
    }

    private func distribute(_ index: Int, _ duty: Duty) throws {
        guard !duty.slice.blocks.isEmpty else { return }
        for other in cluster.nodes.indices where other != cluster.nodeIndex {
            let target = combiner(of: duty.owner, on: other)
            try buckets[index].others.send(
                UnsafeRawBufferPointer(
                    start: sum + duty.slice.elements.lowerBound, count: duty.slice.elements.count * 4),
                to: target, tag: tag(index, 1), on: cluster.world)
            try buckets[index].others.send(
                UnsafeRawBufferPointer(
                    start: blockSums + duty.slice.blocks.lowerBound, count: duty.slice.blocks.count * 8),
                to: target, tag: tag(index, 2), on: cluster.world)
        }
    }

    private func setLocalParts(_ slice: ParameterLayout.Slice, batch: Int) {
        for (place, part) in localParts.enumerated() {
            parts[place] =
                map.isEmpty(part.subtree, batch: batch)
                ? nil : UnsafeRawPointer(memory.base + part.offset + slice.elements.lowerBound * 4)
        }
    }

    /// The rank of a node that handles the slice of a rank of another node.
    private func combiner(of owner: Int, on node: Int) -> Int {
        cluster.nodes[node].lowerBound + owner % cluster.nodes[node].count
    }

    // MARK: The step's end

    /// Says that this rank has reached a point of the step; `await` waits for the node's ranks to reach it.
    package enum Milestone: Int {
        /// It reads no parameters any more.
        case finished
        /// Its slices are summed.
        case summed
        /// Its slices of the parameters have their next values.
        case updated
    }

    package func reach(_ milestone: Milestone, step: UInt64) {
        flag(layout.buckets.count + milestone.rawValue, cluster.node.rank).store(step)
    }

    package func await(_ milestone: Milestone, step: UInt64) {
        for rank in 0..<cluster.node.size {
            flag(layout.buckets.count + milestone.rawValue, rank).waitAtLeast(step, spins: cluster.spins)
        }
    }

    /// Σ g² over all parameters, once every rank of the node has summed its slices: blocks in a fixed tree.
    func squaredNorm() -> Double {
        func total(_ range: Range<Int>) -> Double {
            if range.count == 1 { return blockSums[range.lowerBound] }
            let middle = range.lowerBound + (range.count + 1) / 2
            return total(range.lowerBound..<middle) + total(middle..<range.upperBound)
        }
        return layout.blocks.isEmpty ? 0 : total(0..<layout.blocks.count)
    }

    private var blockSums: UnsafeMutablePointer<Double> {
        (memory.base + blockSumsOffset).assumingMemoryBound(to: Double.self)
    }

    private func flag(_ row: Int, _ rank: Int) -> SharedFlag {
        SharedFlag(at: memory.base + 64 * (row * cluster.node.size + rank))
    }

    private func tag(_ bucket: Int, _ kind: Int) -> Int { Self.firstTag + 4 * bucket + kind }
}
