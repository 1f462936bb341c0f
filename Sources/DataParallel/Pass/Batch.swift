/// A mini-batch: which stored examples, in which order.
package struct Batch: Sendable {
    /// Row numbers of the data set.
    package let rows: ArraySlice<Int32>
    /// The training epoch, from 0, that random changes of the examples are drawn for; nil for none.
    package let epoch: UInt64?

    /// The examples at `rows`.
    package init(rows: ArraySlice<Int32>, epoch: UInt64? = nil) {
        self.rows = rows
        self.epoch = epoch
    }

    /// Examples over all shards.
    package var count: Int { rows.count }

    /// The rows of the examples at `range` of the batch.
    func rows(_ range: Range<Int>) -> ArraySlice<Int32> {
        rows[(rows.startIndex + range.lowerBound)..<(rows.startIndex + range.upperBound)]
    }
}
