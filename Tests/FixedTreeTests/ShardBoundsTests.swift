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

    /// Eight at least, one for every 32 examples begun, and no more than settings may say.
    @Test(arguments: [
        (1, 8), (255, 8), (256, 8), (257, 9), (288, 9), (289, 10), (512, 16), (1000, 32), (1024, 32),
        (2_097_152, 65_536), (2_097_153, 65_536), (Int.max, 65_536),
    ])
    func standardCount(batch: Int, shards: Int) {
        #expect(ShardBounds.standardCount(batch: batch) == shards)
    }

    @Test func boundsDoNotOverflow() {
        let last = ShardBounds.range(of: (1 << 20) - 1, shards: 1 << 20, count: Int.max)
        #expect(last.upperBound == Int.max)
    }
}
