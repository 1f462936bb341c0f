import CKernels
import Cluster
import Runtime

/// Where a pass over shards sends its gradients. Each group is summed over the rank's shards as they finish, and each
/// bucket over all ranks once its last group is complete.
final class GradientSink {
    /// Sums buckets over all ranks.
    let exchange: GradientExchange
    /// The precision that gradients and sums are rounded to.
    let precision: GradientPrecision
    /// The squares of shards' gradients, where they are measured.
    var squares: ShardSquares?
    /// Whether the sums of squares of blocks are computed for the current mini-batch.
    var withSquares = false
    /// The tensors of each group, in their order in it.
    private let entries: [[ParameterLayout.Entry]]
    private let accumulators: [GradientAccumulator]
    private let kernels: UnsafePointer<dt_kernels>
    private let layout: ParameterLayout
    /// Whether this rank has any shard.
    private let hasSubtree: Bool
    /// The current mini-batch: its number and its examples.
    private var number: UInt64 = 0
    private var batch = 0

    /// A sink for the gradient groups of `program`, placed as `layout` says.
    init(
        _ exchange: GradientExchange, program: Program, layout: ParameterLayout, map: ShardMap,
        cluster: Cluster, precision: GradientPrecision
    ) {
        self.exchange = exchange
        self.precision = precision
        self.layout = layout
        kernels = cluster.kernels
        let entries = program.groups.map { group in
            group.parameters.compactMap { parameter in
                layout.entries.first { $0.variable == parameter }
            }
        }
        self.entries = entries
        let subtrees = map.subtrees[cluster.rank]
        hasSubtree = !subtrees.isEmpty
        accumulators = entries.map { entries in
            let start = entries[0].offset
            let end = entries[entries.count - 1].offset + entries[entries.count - 1].count
            return GradientAccumulator(
                owned: map.owned[cluster.rank], roots: subtrees,
                targets: subtrees.indices.map { exchange.partial(subtree: $0) + start },
                count: end - start, map: map, kernels: cluster.kernels, precision: precision)
        }
    }

    /// Begins a mini-batch of `batch` examples; its number must be larger than any before.
    func begin(_ number: UInt64, batch: Int) {
        self.number = number
        self.batch = batch
    }

    /// Where a shard writes its gradients of a group. Workers call it at the same time.
    func begin(_ group: Int, shard: Int) throws -> UnsafeMutablePointer<Float> {
        try accumulators[group].begin(shard: shard)
    }

    /// Takes a shard's gradients of a group from the memory that `begin` returned.
    func end(_ group: Int, shard: Int, _ gradients: UnsafeMutablePointer<Float>, _ log: SpanLog?) {
        squares?.add(entries[group], in: gradients, shard: shard, kernels: kernels)
        log.timed(Profiler.Overhead.merge) {
            accumulators[group].end(shard: shard, gradients, batch: batch)
        }
    }

    /// Makes this rank's partial sums of a bucket available to the other ranks.
    func start(_ bucket: Int) throws {
        #if FAULT_INJECTION
            FaultPoint.reach(.reduce) { damage in
                guard damage == .gradient, hasSubtree else { return }
                exchange.damage(bucket)
            }
        #endif
        try exchange.start(bucket, step: number)
    }

    /// Advances buckets without waiting; true once all that were started are summed.
    @discardableResult
    func progress() throws -> Bool {
        try exchange.progress(step: number, batch: batch, withSquares: withSquares)
    }
}
