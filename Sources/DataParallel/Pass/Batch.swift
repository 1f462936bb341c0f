/// A mini-batch: the rows of its examples, in order.
package struct Batch: Sendable {
    /// Row numbers in the data set.
    package let rows: ArraySlice<Int32>
    /// The training epoch, from 0, whose random augmentation the examples get; nil for none.
    package let epoch: UInt64?
    /// The positions of its sequences, none of which is longer; nil for all.
    package let length: Int?

    package init(rows: ArraySlice<Int32>, epoch: UInt64? = nil, length: Int? = nil) {
        self.rows = rows
        self.epoch = epoch
        self.length = length
    }

    /// The number of examples, over all shards.
    package var count: Int { rows.count }

    /// The rows of the examples at positions `range` of the batch.
    func rows(_ range: Range<Int>) -> ArraySlice<Int32> {
        rows[(rows.startIndex + range.lowerBound)..<(rows.startIndex + range.upperBound)]
    }
}
