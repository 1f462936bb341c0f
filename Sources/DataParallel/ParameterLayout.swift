import Graph
import Runtime

/// The places of parameters in one stretch of Float32, which is cut into buckets that are exchanged as a whole.
///
/// Parameters come in the order in which their gradients become ready. Tensors start at multiples of 16 elements; the
/// gaps hold zeros. Blocks of at most 4,096 elements of one tensor are the units of sums over parameters, and slices
/// are cut only between blocks. All of it is the same at any number of ranks.
package struct ParameterLayout: Sendable {
    /// A tensor's place.
    package struct Entry: Sendable {
        /// The variable's index in the model.
        package let variable: Int
        /// The index of its first element.
        package let offset: Int
        package let count: Int
        /// Indices in `blocks`.
        let blocks: Range<Int>
    }
    /// At most `blockSize` neighbouring elements of one tensor.
    struct Block: Sendable {
        let offset: Int
        let count: Int
    }
    /// Neighbouring parameters that one collective sums.
    package struct Bucket: Sendable {
        /// Indices in `entries`.
        let entries: Range<Int>
        /// Elements of the stretch, gaps included.
        let elements: Range<Int>
        /// Indices in `blocks`.
        let blocks: Range<Int>
    }

    package let entries: [Entry]
    let blocks: [Block]
    package let buckets: [Bucket]
    /// The length of the stretch in elements, gaps included.
    package let elementCount: Int

    static let blockSize = 4096
    private static let alignment = 16

    /// Lays out the parameters `order`, where parameter p has `counts[p]` elements, in buckets of about `bucketBytes`.
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

    /// The index in `entries` of the tensor that a block belongs to. O(log tensors).
    func tensor(ofBlock block: Int) -> Int {
        var (low, high) = (0, entries.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if entries[middle].blocks.lowerBound <= block { low = middle } else { high = middle }
        }
        return low
    }

    /// The variables of each bucket, in order.
    var groups: [[Int]] { buckets.map { entries[$0.entries].map(\.variable) } }

    /// Slice `slice` of `slices` of a bucket: neighbouring blocks, divided as evenly as whole blocks allow.
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
        /// Elements from the first block's start to the last one's end; gaps between tensors included.
        package let elements: Range<Int>
        /// Indices in `blocks`.
        let blocks: Range<Int>
    }
}
