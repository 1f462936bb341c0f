import CKernels

/// ‖·‖² of each shard's gradient, summed tensor by tensor while a mini-batch is computed.
///
/// Calls for one shard come one after another, those for different shards at the same time.
final class ShardSquares: Sendable {
    private let sums: ShardNumbers

    /// Zeros for all shards of a mini-batch.
    init(shards: Int) { sums = ShardNumbers(shards: shards) }

    /// One sum per shard.
    var values: [Double] { sums.values }

    /// Adds the tensors of a group, which starts at `group`.
    func add(
        _ entries: [ParameterLayout.Entry], in group: UnsafeMutablePointer<Float>, shard: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        for entry in entries {
            add(group + (entry.offset - entries[0].offset), entry.count, shard: shard, kernels: kernels)
        }
    }

    /// Adds one tensor of `count` elements.
    func add(
        _ tensor: UnsafeMutablePointer<Float>, _ count: Int, shard: Int, kernels: UnsafePointer<dt_kernels>
    ) {
        sums.add(kernels.pointee.sum_of_squares(Int64(count), tensor), shard: shard)
    }
}
