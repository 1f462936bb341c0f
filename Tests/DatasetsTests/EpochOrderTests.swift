import Testing

@testable import Datasets

@Suite struct EpochOrderTests {
    @Test(arguments: [1, 3, 10, 64, 100, 1000]) func batchesCoverTheEpochOnce(batchSize: Int) {
        let order = EpochOrder(count: 100, batchSize: batchSize, seed: 3, epoch: 2)
        let rows = (0..<order.batchCount).flatMap { order.rows[order.batch($0)] }
        #expect(rows == order.rows)
        #expect(rows.sorted() == Array(0..<100))
    }

    @Test func subsetsArePermutedThemselves() {
        let subset: [Int32] = [5, 7, 11, 13, 17, 19, 23]
        let order = EpochOrder(count: 100, subset: subset, batchSize: 3, seed: 3, epoch: 0)
        #expect(order.rows.sorted() == subset)
        #expect(order.rows != subset)
        #expect(order.batchCount == 3 && order.batch(2) == 6..<7)
        #expect(EpochOrder(inOrder: 100, subset: subset, batchSize: 3).rows == subset)
        #expect(EpochOrder(inOrder: 3, batchSize: 2).rows == [0, 1, 2])
    }

    @Test func epochsAndSeedsDiffer() {
        func rows(_ seed: UInt64, _ epoch: UInt64) -> [Int32] {
            EpochOrder(count: 50, batchSize: 8, seed: seed, epoch: epoch).rows
        }
        #expect(rows(1, 1) == rows(1, 1))
        #expect(rows(1, 1) != rows(1, 2) && rows(1, 1) != rows(2, 1))
    }

    @Test func shufflesOnceOrNever() {
        func rows(_ shuffle: Shuffle, _ epoch: UInt64) -> [Int32] {
            EpochOrder(count: 50, batchSize: 8, seed: 1, epoch: epoch, shuffle: shuffle).rows
        }
        #expect(rows(.once, 0) == rows(.epoch, 0) && rows(.once, 5) == rows(.epoch, 0))
        #expect(rows(.epoch, 5) != rows(.epoch, 0))
        #expect(rows(.none, 5) == Array(0..<50))
        let subset: [Int32] = [9, 4, 6]
        #expect(
            EpochOrder(count: 50, subset: subset, batchSize: 2, seed: 1, epoch: 3, shuffle: .none).rows
                == subset)
    }

    @Test func shardsOfALaterBatchBeginThere() {
        let order = EpochOrder(inOrder: 25, batchSize: 10)
        let shards = (0..<4).map { order.shard($0, of: 4, in: order.batch(2)) }
        #expect(shards == [20..<21, 21..<22, 22..<23, 23..<25])
    }

    /// Every example once, in mini-batches of like lengths, whose order and members differ from epoch to epoch.
    @Test(arguments: [Shuffle.epoch, .once, .none]) func buckets(_ shuffle: Shuffle) {
        let lengths = (0..<1003).map { Int32($0 * 37 % 101 + 1) }
        func order(_ epoch: UInt64) -> EpochOrder {
            let plain = EpochOrder(count: 1003, batchSize: 8, seed: 5, epoch: epoch, shuffle: shuffle)
            return lengths.withUnsafeBufferPointer {
                plain.bucketed(by: $0, seed: 5, epoch: epoch, shuffle: shuffle)
            }
        }
        let (first, second) = (order(0), order(1))
        #expect(first.rows.sorted() == Array(0..<1003) && first.batchCount == 126)
        #expect((first == second) == (shuffle != .epoch))
        let spreads = (0..<125).map { batch in
            let own = first.rows[first.batch(batch)].map { lengths[Int($0)] }
            return (own.max() ?? 0) - (own.min() ?? 0)
        }
        // Unsorted, eight of a hundred lengths are some 80 apart.
        #expect(spreads.allSatisfy { $0 <= 4 }, "\(spreads)")
        let means = (0..<125).map {
            first.rows[first.batch($0)].map { Int(lengths[Int($0)]) }.reduce(0, +) / 8
        }
        // Sorted groups are one behind the other; drawn, long mini-batches come early as well as late.
        #expect((means[..<30].max() ?? 0 > 80) == (shuffle != .none))
    }
}
