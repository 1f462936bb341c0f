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

    /// The same examples with those of like lengths together, for sequences: of each `groups` mini-batches in a row the
    /// examples are sorted by length, and then the mini-batches are drawn in another order unless `shuffle` is `.none`.
    /// Examples that fill no mini-batch stay at the end.
    package func bucketed(
        by lengths: UnsafeBufferPointer<Int32>, seed: UInt64, epoch: UInt64, shuffle: Shuffle
    ) -> EpochOrder {
        let whole = rows.count / batchSize
        var sorted: [Int32] = []
        sorted.reserveCapacity(rows.count)
        for start in stride(from: 0, to: whole, by: Self.groups) {
            let group = rows[start * batchSize..<min(start + Self.groups, whole) * batchSize]
            // Of equal lengths, the order stays.
            let places = group.indices.sorted {
                (lengths[Int(group[$0])], $0) < (lengths[Int(group[$1])], $1)
            }
            sorted += places.map { group[$0] }
        }
        let random = CounterRandom(
            seed: seed, purpose: .shuffle, stream: (shuffle == .once ? 0 : epoch) | 1 << 63)
        let order =
            shuffle == .none
            ? Array(0..<Int32(whole)) : Permutation.shuffled(count: whole, random: random)
        let batches = order.flatMap { sorted[Int($0) * batchSize..<(Int($0) + 1) * batchSize] }
        return EpochOrder(rows: batches + rows[(whole * batchSize)...], batchSize: batchSize)
    }

    /// Mini-batches whose examples are sorted together: enough that sorting brings like lengths together, few enough that
    /// each epoch has other ones.
    private static let groups = 64

    private init(rows: [Int32], batchSize: Int) {
        self.rows = rows
        self.batchSize = batchSize
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
