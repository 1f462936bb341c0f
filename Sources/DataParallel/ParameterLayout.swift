import Graph
import Runtime

/// Where parameters lie in one flat stretch of Float32, cut into buckets that are exchanged together.
///
/// Parameters stand in the order in which their gradients become ready. Tensors start at multiples of 16 elements;
/// the gaps hold zeros. Blocks of at most 4,096 elements, tensor by tensor, are the units of sums over parameters
/// and the places where slices may be cut. All of it is the same at any number of ranks.
package struct ParameterLayout: Sendable {
    /// A tensor's place.
    package struct Entry: Sendable {
        /// The variable's number in the model.
        package let variable: Int
        /// Its first element in the flat stretch.
        package let offset: Int
        package let count: Int
        /// Places in `blocks`.
        let blocks: Range<Int>
    }
    /// At most `blockSize` neighbouring elements of one tensor.
    struct Block: Sendable {
        let offset: Int
        let count: Int
    }
    /// Neighbouring parameters that one collective sums.
    package struct Bucket: Sendable {
        /// Places in `entries`.
        let entries: Range<Int>
        /// Flat elements, gaps included.
        let elements: Range<Int>
        /// Places in `blocks`.
        let blocks: Range<Int>
    }

    package let entries: [Entry]
    let blocks: [Block]
    package let buckets: [Bucket]
    /// Elements of the stretch, gaps included.
    package let elementCount: Int

    static let blockSize = 4096
    private static let alignment = 16

    /// Lays out the parameters `order`, of which parameter p has `counts[p]` elements, in buckets of about
    /// `bucketBytes`.
    package init(order: [Int], counts: [Int], bucketBytes: Int) {
        var entries: [Entry] = []
        var blocks: [Block] = []
        var buckets: [Bucket] = []
        var end = 0
        var bucket = (entry: 0, element: 0, block: 0)
        func close() {
            guard entries.count > bucket.entry else { return }
            buckets.append(
                Bucket(
                    entries: bucket.entry..<entries.count, elements: bucket.element..<end,
                    blocks: bucket.block..<blocks.count))
            bucket = (entries.count, end, blocks.count)
        }
        for variable in order {
            let count = counts[variable]
            let padded = (count + Self.alignment - 1) / Self.alignment * Self.alignment
            if (end - bucket.element + padded) * 4 > bucketBytes { close() }
            let firstBlock = blocks.count
            for start in stride(from: 0, to: count, by: Self.blockSize) {
                blocks.append(Block(offset: end + start, count: min(Self.blockSize, count - start)))
            }
            entries.append(
                Entry(
                    variable: variable, offset: end, count: count, blocks: firstBlock..<blocks.count))
            end += padded
        }
        close()
        self.entries = entries
        self.blocks = blocks
        self.buckets = buckets
        elementCount = end
    }

    /// The variables of each bucket, in order.
    var groups: [[Int]] { buckets.map { entries[$0.entries].map(\.variable) } }

    /// Slice `slice` of `slices` of a bucket: neighbouring blocks, shared out as evenly as whole blocks allow.
    func slice(_ slice: Int, of slices: Int, bucket: Int) -> Slice {
        let all = buckets[bucket].blocks
        let lower = all.lowerBound + slice * all.count / slices
        let upper = all.lowerBound + (slice + 1) * all.count / slices
        guard lower < upper else { return Slice(elements: 0..<0, blocks: lower..<lower) }
        let last = blocks[upper - 1]
        return Slice(elements: blocks[lower].offset..<(last.offset + last.count), blocks: lower..<upper)
    }

    /// Neighbouring blocks of a bucket.
    package struct Slice: Sendable {
        /// Flat elements from the first block's start to the last one's end; gaps between tensors included.
        package let elements: Range<Int>
        /// Places in `blocks`.
        let blocks: Range<Int>
    }
}
