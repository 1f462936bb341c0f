import FixedTree
import Testing

/// Shards cover a batch, and ranks own every shard once.
@Suite struct ShardBoundsTests {
    @Test(arguments: [1, 2, 3, 8, 13], [0, 1, 7, 8, 100, 255]) func shardsCoverABatch(shards: Int, count: Int)
    {
        let ranges = (0..<shards).map { ShardBounds.range(of: $0, shards: shards, count: count) }
        #expect(ranges.flatMap { Array($0) } == Array(0..<count))
        for (s, range) in ranges.enumerated() {
            #expect(range.lowerBound == s * count / shards && range.upperBound == (s + 1) * count / shards)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 7], [7, 8, 12]) func ranksOwnEveryShardOnce(ranks: Int, shards: Int) {
        let owned = (0..<ranks).map { ShardBounds.owned(byRank: $0, ranks: ranks, shards: shards) }
        #expect(owned.flatMap { Array($0) } == Array(0..<shards))
        #expect(owned.allSatisfy { $0.count <= (shards + ranks - 1) / ranks })
    }

    @Test func boundsDoNotOverflow() {
        let last = ShardBounds.range(of: (1 << 20) - 1, shards: 1 << 20, count: Int.max)
        #expect(last.upperBound == Int.max)
    }
}
