/// Where shards and ranks begin and end, in whole-number arithmetic only, so that every rank gets the same.
package enum ShardBounds {
    /// The examples of shard `shard` of `shards` in a batch of `count`: ⌊s·B/S⌋ ..< ⌊(s+1)·B/S⌋, possibly
    /// none.
    package static func range(of shard: Int, shards: Int, count: Int) -> Range<Int> {
        precondition(shards > 0 && (0..<shards).contains(shard), "shard \(shard) of \(shards)")
        precondition(count >= 0, "a batch of \(count)")
        return bound(shard, count, shards)..<bound(shard + 1, count, shards)
    }

    /// The shards that rank `rank` of `ranks` owns: ⌊r·S/R⌋ ..< ⌊(r+1)·S/R⌋; none for some if R > S.
    package static func owned(byRank rank: Int, ranks: Int, shards: Int) -> Range<Int> {
        precondition(ranks > 0 && (0..<ranks).contains(rank), "rank \(rank) of \(ranks)")
        precondition(shards > 0, "\(shards) shards")
        return bound(rank, shards, ranks)..<bound(rank + 1, shards, ranks)
    }

    /// The shards of a mini-batch of `batch` examples unless another number is asked for, whoever owns them:
    /// max(8, ⌈B/32⌉), at most 65,536.
    ///
    /// Shards of 32 examples are large enough for fast kernels and small enough for caches; of 8 shards each of 8 ranks
    /// has one.
    package static func standardCount(batch: Int) -> Int {
        precondition(batch > 0, "a batch of \(batch)")
        return min(max(fewest, (batch - 1) / 32 + 1), most)
    }

    /// The least number that `standardCount` gives, and the most shards of a mini-batch.
    package static let fewest = 8
    package static let most = 65_536

    /// ⌊part·total/parts⌋, with a product of double width so that it cannot overflow.
    private static func bound(_ part: Int, _ total: Int, _ parts: Int) -> Int {
        parts.dividingFullWidth(part.multipliedFullWidth(by: total)).quotient
    }
}
