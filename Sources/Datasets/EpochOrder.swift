import FixedTree
import Randomness

/// The order in which an epoch visits its examples, cut into batches; the last batch may be smaller.
package struct EpochOrder: Sendable, Hashable {
    /// Row numbers of the data set, in order of use.
    package let rows: [Int32]
    /// Examples per batch, B.
    package let batchSize: Int

    /// The order of a training epoch: a permutation, drawn from (seed, epoch), of all `count` examples or of the row
    /// numbers `subset`. With `shuffle` `.once` all epochs have the first one's permutation, with `.replacement` each
    /// place has an example of its own draw.
    package init(
        count: Int, subset: [Int32]? = nil, batchSize: Int, seed: UInt64, epoch: UInt64,
        shuffle: Shuffle = .epoch
    ) {
        precondition(batchSize > 0, "batches of \(batchSize)")
        self.batchSize = batchSize
        if shuffle == .none {
            rows = subset ?? Array(0..<Int32(count))
            return
        }
        if shuffle == .replacement {
            let random = CounterRandom(seed: seed, purpose: .replacement, stream: epoch)
            let all = subset?.count ?? count
            rows = (0..<all).map { place in
                let drawn = Int(random.below(UInt64(all), at: UInt64(place)))
                return subset?[drawn] ?? Int32(drawn)
            }
            return
        }
        let stream = shuffle == .once ? 0 : epoch
        let random = CounterRandom(seed: seed, purpose: .shuffle, stream: stream)
        let order = Permutation.shuffled(count: subset?.count ?? count, random: random)
        rows = subset.map { subset in order.map { subset[Int($0)] } } ?? order
    }

    /// The order of an evaluation: all `count` examples, or `subset`, in data-set order.
    package init(inOrder count: Int, subset: [Int32]? = nil, batchSize: Int) {
        precondition(batchSize > 0, "batches of \(batchSize)")
        precondition(count >= 0 && count <= Int(Int32.max), "\(count) examples")
        rows = subset ?? Array(0..<Int32(count))
        self.batchSize = batchSize
    }

    /// The number of examples in the epoch.
    package var count: Int { rows.count }

    /// The number of batches in the epoch.
    package var batchCount: Int { (rows.count + batchSize - 1) / batchSize }

    /// The positions in `rows` of one batch.
    package func batch(_ index: Int) -> Range<Int> {
        precondition((0..<batchCount).contains(index), "batch \(index) of \(batchCount)")
        return index * batchSize..<min((index + 1) * batchSize, rows.count)
    }

    /// The positions in `rows` of one shard of a batch, or of a part of a batch.
    package func shard(_ shard: Int, of shards: Int, in batch: Range<Int>) -> Range<Int> {
        let part = ShardBounds.range(of: shard, shards: shards, count: batch.count)
        return batch.lowerBound + part.lowerBound..<batch.lowerBound + part.upperBound
    }
}
