import Cluster
import DataParallel
import Glibc
import MPI

/// This rank's vector in the form each way of summing wants it, and the sums.
final class SummedVectors {
    /// Floats of a vector.
    let count: Int
    private let cluster: Cluster
    private let layout: ParameterLayout
    private let exchange: GradientExchange
    /// Where the exchange's sum goes: memory that all ranks of a node read.
    private let shared: NodeMemory
    private let partial: UnsafeMutableBufferPointer<Float>
    private let source: UnsafeMutableBufferPointer<Float>
    private let own: UnsafeMutableBufferPointer<Float>
    private var step: UInt64 = 0

    /// Buckets are as long as training's.
    private static let bucketBytes = 1 << 20

    /// Room for vectors of `count` floats; collective.
    init(_ cluster: Cluster, count: Int) throws {
        self.cluster = cluster
        self.count = count
        let pieces = stride(from: 0, to: count, by: Self.bucketBytes / 4).map {
            min(Self.bucketBytes / 4, count - $0)
        }
        layout = ParameterLayout(order: Array(pieces.indices), counts: pieces, bucketBytes: Self.bucketBytes)
        precondition(layout.elementCount == count, "\(count) floats were laid out as \(layout.elementCount)")
        // One shard per rank: every rank has one partial sum, its vector.
        let map = ShardMap(shards: cluster.size, nodes: cluster.nodes)
        shared = try NodeMemory(byteCount: count * 4, on: cluster)
        exchange = try GradientExchange(
            cluster: cluster, map: map, layout: layout, control: .none,
            sum: shared.base.assumingMemoryBound(to: Float.self))
        partial = UnsafeMutableBufferPointer(start: exchange.partial(subtree: 0), count: count)
        source = .allocate(capacity: count)
        own = .allocate(capacity: count)
        source.initialize(repeating: 0)
        own.initialize(repeating: 0)
    }

    deinit {
        source.deallocate()
        own.deallocate()
    }

    /// Gives shared memory back; collective.
    func free() throws {
        try exchange.free()
        try shared.free()
    }

    /// Writes this rank's vector of a turn where `kind` reads it: small whole numbers, whose sums are exact.
    func write(_ kind: Comparison.Kind, _ turn: Int) {
        (kind == .allReduce ? source : partial).update(repeating: Float(cluster.rank + 1 + turn % 64))
    }

    /// Sums over all ranks; collective.
    func sum(_ kind: Comparison.Kind) throws {
        guard kind != .allReduce else {
            return try cluster.world.allReduce(UnsafeBufferPointer(source), into: own, .sum)
        }
        step += 1
        for bucket in layout.buckets.indices { try exchange.start(bucket, step: step) }
        var looks = 0
        while try !exchange.progress(step: step, batch: cluster.size, withSquares: false) {
            looks += 1
            if looks > cluster.spins { sched_yield() }
        }
        exchange.reset()
        exchange.reach(.updated, step: step)
        exchange.await(.updated, step: step)
        if kind == .exchangeAndCopy { own.baseAddress?.update(from: exchange.sum, count: count) }
    }

    /// Whether all elements of the sum of a turn are what they must be.
    func isRight(_ kind: Comparison.Kind, _ turn: Int) -> Bool {
        let size = cluster.size
        let expected = Float(size * (size + 1) / 2 + size * (turn % 64))
        let result = UnsafePointer(
            kind == .exchange ? shared.base.assumingMemoryBound(to: Float.self) : own.baseAddress)
        guard let result else { return false }
        var wrong = 0
        for index in 0..<count where result[index] != expected { wrong += 1 }
        return wrong == 0
    }
}
