import CKernels
import Cluster
import FixedTree
import MPI

/// Sums gradients over all shards in the fixed tree, bucket by bucket, while the backward pass goes on.
///
/// Each bucket is cut into one slice per rank at block edges. Ranks of a node read one another's partial sums in the
/// node's memory. Rank r combines slice r. On every other node one rank combines that node's subtrees of the slice,
/// sends them to r, gets the result back and holds it for its node. With a sharded optimizer no result is sent back:
/// `WeightExchange` sends the updated parameters. Only the thread that makes MPI calls may use it.
///
/// The file is long because the phases of a bucket, its messages and the memory they pass through are one protocol.
package final class GradientExchange {
    /// The content of a message between nodes.
    enum Message: Int {
        case subtree
        case sum
        case squares
        case weights
    }

    private final class Bucket {
        enum Phase { case idle, waitingForNode, gathering, distributing, complete }
        var phase = Phase.idle
        /// The slice this rank combines.
        let own: SliceDuty
        /// The elements of the slice that are sums of partial sums; others are made whole.
        let combined: [Range<Int>]
        /// Slices of other nodes' ranks that this rank handles for its node.
        let foreign: [SliceDuty]
        /// Offsets in `staging`: of the subtrees received for the own slice, and of those to send for each foreign one.
        let received: Int
        let sent: [Int]
        var incoming: RequestSet
        var others: RequestSet

        init(
            own: SliceDuty, combined: [Range<Int>], foreign: [SliceDuty], received: Int, sent: [Int],
            messages: Int
        ) {
            self.own = own
            self.combined = combined
            self.foreign = foreign
            self.received = received
            self.sent = sent
            incoming = RequestSet(capacity: messages)
            others = RequestSet(capacity: messages)
        }
    }

    /// The sums of the gradients in the slices of `duties`, laid out as the parameters; undefined elsewhere.
    package let sum: UnsafeMutablePointer<Float>
    /// The slices whose sum this rank holds after a step.
    package let duties: [SliceDuty]
    private let cluster: Cluster
    private let map: ShardMap
    private let layout: ParameterLayout
    private let precision: GradientPrecision
    private let distributesSums: Bool
    #if FAULT_INJECTION
        /// Whether the next call of `progress` fails because a test wants it to.
        private var failsOnce: Bool
    #endif
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
    /// How often the operands of gradients that are made whole were ready on this rank.
    private var published: UInt64 = 0
    private let firstTag: Int

    /// The tags of `VectorExchange` are below this one.
    private static let firstTagOfAll = 10_000

    /// Allocates for the parameters of `layout`; collective over the cluster.
    ///
    /// - Parameters:
    ///   - precision: The precision that sums are rounded to; partial sums are already rounded.
    ///   - distributesSums: Whether every node gets the sum of every slice, or only the slice's owner.
    ///   - wholes: Parameters whose gradients, summed over all shards, each rank writes to its slices of `sum` itself; only
    ///     where one node is the whole job.
    ///   - number: Distinguishes the messages of exchanges that run at the same time.
    ///   - given: Memory for the sums, laid out as the parameters; nil to allocate it. Unused with a single rank, whose
    ///     partial sum is the sum.
    package init(
        cluster: Cluster, map: ShardMap, layout: ParameterLayout, control: ReplicaSettings.Control,
        precision: GradientPrecision = .float32, distributesSums: Bool = true,
        wholes: Set<Int> = [], sum given: UnsafeMutablePointer<Float>? = nil, number: Int = 0
    ) throws {
        self.cluster = cluster
        self.map = map
        self.layout = layout
        self.precision = precision
        self.distributesSums = distributesSums
        #if FAULT_INJECTION
            failsOnce = control == .failExchange
        #endif
        firstTag = Self.tag(number * layout.buckets.count, .subtree)
        let node = cluster.nodes[cluster.nodeIndex]
        var end = 64 * node.count * (layout.buckets.count + Milestone.allCases.count + 1)
        blockSumsOffset = end
        end += PrivateMemory.aligned(layout.blocks.count * 8)
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
        plan = Self.plan(root: 0..<map.shards, parts: subtrees, control)
        nodePlans = map.nodeSubtrees[cluster.nodeIndex].map { subtree in
            (TreePlan(root: subtree, parts: local.map(\.subtree)), subtree)
        }
        parts = .allocate(capacity: local.count + remote.count)
        parts.initialize(repeating: nil, count: local.count + remote.count)
        memory = try NodeMemory(byteCount: end, for: .model("gradients"), on: cluster)

        var stagingEnd = 0
        let outgoing = nodePlans.count
        func reserve(_ duty: SliceDuty, subtrees: Int) -> Int {
            let start = stagingEnd
            stagingEnd += PrivateMemory.aligned(duty.slice.elements.count * 4 * subtrees)
            return start
        }
        for bucket in layout.buckets.indices {
            let (own, foreign) = SliceDuty.all(of: cluster, layout: layout, bucket: bucket)
            let received = reserve(own, subtrees: remote.count)
            let sent = foreign.map { reserve($0, subtrees: outgoing) }
            buckets.append(
                Bucket(
                    own: own, combined: Self.elements(of: own.slice, besides: wholes, layout),
                    foreign: foreign, received: received, sent: sent,
                    messages: 4 * (remote.count + cluster.size + 4)))
        }
        duties = buckets.flatMap { distributesSums ? [$0.own] + $0.foreign : [$0.own] }
        stagingBytes = max(64, stagingEnd)
        staging = try PrivateMemory.allocate(stagingBytes, for: .model("gradients"))
        tree = TreeSum(
            depth: max(plan.depth, nodePlans.map(\.plan.depth).max() ?? 1), vectorBytes: 64,
            kernels: cluster.kernels, precision: precision)
        if cluster.size == 1 {
            // With a single rank the partial sum is the sum.
            sum = (memory.base + own[0]).assumingMemoryBound(to: Float.self)
        } else if let given {
            sum = given
        } else {
            sum = try PrivateMemory.allocate(layout.elementCount * 4, for: .model("gradients"))
                .assumingMemoryBound(to: Float.self)
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

    /// Where this rank writes the sum of the gradients of its subtree `index`, laid out as the parameters.
    package func partial(subtree index: Int) -> UnsafeMutablePointer<Float> {
        (memory.base + ownPartOffsets[index]).assumingMemoryBound(to: Float.self)
    }

    /// Whether this rank combines these elements of a bucket itself, so that no other rank of the node reads its
    /// partial sums.
    func isSummedHere(_ elements: Range<Int>, bucket: Int) -> Bool {
        if cluster.node.size == 1 { return true }
        let own = buckets[bucket].own.slice.elements
        return own.lowerBound <= elements.lowerBound && elements.upperBound <= own.upperBound
    }

    // MARK: Gradients that are made whole

    /// Says that this rank's shards have the operands of the next gradients that are made whole.
    func publishOperands() {
        published += 1
        flag(operandsRow, cluster.node.rank).store(published)
    }

    /// Whether all ranks have said so as often as this one.
    var operandsAreThere: Bool {
        (0..<cluster.node.size).allSatisfy { flag(operandsRow, $0).load() >= published }
    }

    /// The rows of a parameter, a matrix, that this rank's slice has elements of.
    func ownRows(of parameter: Int, columns: Int) -> Range<Int> {
        guard let index = layout.entries.firstIndex(where: { $0.variable == parameter }),
            let bucket = layout.buckets.firstIndex(where: { $0.entries.contains(index) })
        else { preconditionFailure("no parameter \(parameter)") }
        let entry = layout.entries[index]
        let elements = (entry.offset..<entry.offset + entry.count)
            .clamped(to: buckets[bucket].own.slice.elements)
        guard !elements.isEmpty else { return 0..<0 }
        let (first, end) = (elements.lowerBound - entry.offset, elements.upperBound - entry.offset)
        return first / columns..<(end + columns - 1) / columns
    }

    /// A slice without the elements of some parameters.
    private static func elements(
        of slice: ParameterLayout.Slice, besides parameters: Set<Int>, _ layout: ParameterLayout
    ) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = slice.elements.lowerBound
        for entry in layout.entries where parameters.contains(entry.variable) {
            let left = (entry.offset..<entry.offset + entry.count).clamped(to: slice.elements)
            guard !left.isEmpty else { continue }
            if start < left.lowerBound { ranges.append(start..<left.lowerBound) }
            start = left.upperBound
        }
        if start < slice.elements.upperBound { ranges.append(start..<slice.elements.upperBound) }
        return ranges
    }

    /// Makes this rank's partial sums of a bucket available to the other ranks.
    package func start(_ bucket: Int, step: UInt64) throws {
        flag(bucket, cluster.node.rank).store(step)
        buckets[bucket].phase = .waitingForNode
        try postReceives(buckets[bucket])
    }

    #if FAULT_INJECTION
        /// Spoils this rank's gradient of a bucket, because a test wants it to.
        func damage(_ bucket: Int) {
            let (slice, combined) = (buckets[bucket].own.slice.elements, buckets[bucket].combined)
            let whole =
                combined.first.map { slice.lowerBound < $0.lowerBound ? slice.lowerBound : $0.upperBound }
                ?? slice.lowerBound
            if whole < slice.upperBound { sum[whole] = .nan }
            partial(subtree: 0)[layout.buckets[bucket].elements.lowerBound] = .nan
        }
    #endif

    /// Advances all started buckets without waiting; true once all of them are summed.
    ///
    /// - Parameter withSquares: Whether the sums of squares of blocks are computed too.
    package func progress(step: UInt64, batch: Int, withSquares: Bool) throws -> Bool {
        #if FAULT_INJECTION
            if failsOnce {
                failsOnce = false
                // An error of MPI, of which no other rank is told.
                _ = try cluster.world.broadcast(0, root: -1)
            }
        #endif
        var isComplete = true
        for bucket in buckets.indices where buckets[bucket].phase != .idle {
            if try !progress(bucket, step, batch, withSquares) { isComplete = false }
        }
        return isComplete
    }

    /// The first bucket whose sum is not complete; 0 if all are.
    var firstOpenBucket: Int { buckets.firstIndex { $0.phase != .idle && $0.phase != .complete } ?? 0 }

    /// Ends a step in which all buckets were summed.
    package func reset() { for bucket in buckets { bucket.phase = .idle } }

    private func progress(_ index: Int, _ step: UInt64, _ batch: Int, _ withSquares: Bool) throws -> Bool {
        let bucket = buckets[index]
        if bucket.phase == .waitingForNode {
            for rank in 0..<cluster.node.size where flag(index, rank).load() < step { return false }
            for (duty, place) in zip(bucket.foreign, bucket.sent) {
                try sendNodeSubtrees(bucket, duty, staging + place, batch: batch)
            }
            bucket.phase = .gathering
        }
        if bucket.phase == .gathering {
            guard try bucket.incoming.testAll() else { return false }
            combine(bucket, batch: batch, withSquares: withSquares)
            try distribute(bucket)
            bucket.phase = .distributing
        }
        if bucket.phase == .distributing {
            guard try bucket.others.testAll() else { return false }
            if distributesSums {
                for duty in bucket.foreign {
                    let elements = duty.slice.elements
                    precision.unpack(elements.count, sum + elements.lowerBound, cluster.kernels)
                }
            }
            bucket.phase = .complete
        }
        return bucket.phase == .complete
    }

    private func postReceives(_ bucket: Bucket) throws {
        guard cluster.nodes.count > 1 else { return }
        for duty in bucket.foreign where !duty.slice.blocks.isEmpty {
            let (elements, blocks) = (duty.slice.elements, duty.slice.blocks)
            if distributesSums {
                try bucket.others.receive(
                    into: precision.room(elements.count, sum + elements.lowerBound), from: duty.owner,
                    tag: tag(duty.bucket, .sum), on: cluster.world)
            }
            try bucket.others.receive(
                into: UnsafeMutableRawBufferPointer(
                    start: blockSums + blocks.lowerBound, count: blocks.count * 8),
                from: duty.owner, tag: tag(duty.bucket, .squares), on: cluster.world)
        }
        guard !bucket.own.slice.blocks.isEmpty else { return }
        for (place, part) in remoteParts.enumerated() {
            try bucket.incoming.receive(
                into: precision.room(bucket.own.slice.elements.count, received(bucket, place)),
                from: SliceDuty.rank(for: cluster.rank, on: cluster.nodes[part.node]),
                tag: tag(bucket.own.bucket, .subtree), on: cluster.world)
        }
    }

    /// Where the own slice of the remote part `place` is received.
    private func received(_ bucket: Bucket, _ place: Int) -> UnsafeMutablePointer<Float> {
        (staging + bucket.received).assumingMemoryBound(to: Float.self)
            + place * bucket.own.slice.elements.count
    }

    private func sendNodeSubtrees(
        _ bucket: Bucket, _ duty: SliceDuty, _ place: UnsafeMutableRawPointer, batch: Int
    ) throws {
        guard !duty.slice.blocks.isEmpty else { return }
        let count = duty.slice.elements.count
        setLocalParts(duty.slice.elements, batch: batch)
        for (index, node) in nodePlans.enumerated() {
            let target = place + index * count * 4
            tree.evaluate(node.plan, parts: parts, byteCount: count * 4, .addFloats, into: target)
            let values = target.assumingMemoryBound(to: Float.self)
            try bucket.others.send(
                precision.pack(count, values, to: target, cluster.kernels), to: duty.owner,
                tag: tag(duty.bucket, .subtree), on: cluster.world)
        }
    }

    private func combine(_ bucket: Bucket, batch: Int, withSquares: Bool) {
        let slice = bucket.own.slice
        guard !slice.blocks.isEmpty else { return }
        let count = slice.elements.count
        if cluster.size > 1 {
            for place in remoteParts.indices {
                precision.unpack(count, received(bucket, place), cluster.kernels)
            }
            for elements in bucket.combined {
                setLocalParts(elements, batch: batch)
                for (place, part) in remoteParts.enumerated() {
                    let values = received(bucket, place) + (elements.lowerBound - slice.elements.lowerBound)
                    parts[localParts.count + place] =
                        map.isEmpty(part.subtree, batch: batch) ? nil : UnsafeRawPointer(values)
                }
                tree.evaluate(
                    plan, parts: parts, byteCount: elements.count * 4, .addFloats,
                    into: UnsafeMutableRawPointer(sum + elements.lowerBound))
            }
        }
        guard withSquares else { return }
        for block in slice.blocks {
            let place = layout.blocks[block]
            blockSums[block] = cluster.kernels.pointee.sum_of_squares(Int64(place.count), sum + place.offset)
        }
    }

    private func distribute(_ bucket: Bucket) throws {
        let (elements, blocks) = (bucket.own.slice.elements, bucket.own.slice.blocks)
        guard !blocks.isEmpty, cluster.nodes.count > 1 else { return }
        var message: UnsafeRawBufferPointer?
        if distributesSums {
            // Float32 values are sent in place; others are packed over received values, which are not needed any more.
            let values = sum + elements.lowerBound
            message = precision.pack(
                elements.count, values,
                to: precision == .float32 ? UnsafeMutableRawPointer(values) : staging + bucket.received,
                cluster.kernels)
        }
        for (index, node) in cluster.nodes.enumerated() where index != cluster.nodeIndex {
            let target = SliceDuty.rank(for: cluster.rank, on: node)
            if let message {
                try bucket.others.send(
                    message, to: target, tag: tag(bucket.own.bucket, .sum), on: cluster.world)
            }
            try bucket.others.send(
                UnsafeRawBufferPointer(start: blockSums + blocks.lowerBound, count: blocks.count * 8),
                to: target, tag: tag(bucket.own.bucket, .squares), on: cluster.world)
        }
    }

    private func setLocalParts(_ elements: Range<Int>, batch: Int) {
        for (place, part) in localParts.enumerated() {
            parts[place] =
                map.isEmpty(part.subtree, batch: batch)
                ? nil : UnsafeRawPointer(memory.base + part.offset + elements.lowerBound * 4)
        }
    }

    /// The order in which the subtrees of all ranks are combined; a test's control may break it.
    private static func plan(
        root: Range<Int>, parts: [Range<Int>], _ control: ReplicaSettings.Control
    ) -> TreePlan {
        #if FAULT_INJECTION
            if control == .sumInRankOrder { return TreePlan(inOrderOf: parts) }
        #endif
        return TreePlan(root: root, parts: parts)
    }

    // MARK: The step's end

    /// A point of the step that this rank has reached; `await` waits until all ranks of the node have reached it.
    package enum Milestone: Int, CaseIterable {
        /// The rank has stopped reading parameters, and its slices are summed.
        case finished
        /// The rank's slices of the parameters have their next values.
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

    /// Σ g² of every block; valid once every rank of the node has summed its slices.
    var squares: BlockSums {
        BlockSums(Array(UnsafeBufferPointer(start: blockSums, count: layout.blocks.count)), layout: layout)
    }

    /// Sets the block sums from a checkpoint, which has also filled `sum`.
    func restore(squares: [Double]) {
        if cluster.node.rank == 0 { blockSums.update(from: squares, count: squares.count) }
    }

    private var operandsRow: Int { layout.buckets.count + Milestone.allCases.count }

    private var blockSums: UnsafeMutablePointer<Double> {
        (memory.base + blockSumsOffset).assumingMemoryBound(to: Double.self)
    }

    private func flag(_ row: Int, _ rank: Int) -> SharedFlag {
        SharedFlag(at: memory.base + 64 * (row * cluster.node.size + rank))
    }

    private func tag(_ bucket: Int, _ message: Message) -> Int { firstTag + 4 * bucket + message.rawValue }

    /// The tag of a bucket's messages in exchange number 0.
    static func tag(_ bucket: Int, _ message: Message) -> Int {
        firstTagOfAll + 4 * bucket + message.rawValue
    }
}
