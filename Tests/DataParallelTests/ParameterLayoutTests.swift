import Testing

@testable import DataParallel

/// Buckets and slices cover every element once and are cut only where blocks end.
@Suite struct ParameterLayoutTests {
    @Test(arguments: [64, 4096, 40_000, 1 << 20])
    func slicesCoverEverything(bucketBytes: Int) {
        let counts = [10, 5000, 16, 100_003, 1, 4096, 8192, 77]
        let order = [3, 1, 0, 7, 2, 6, 5, 4]
        let layout = ParameterLayout(order: order, counts: counts, bucketBytes: bucketBytes)
        #expect(layout.entries.map(\.variable) == order)
        #expect(layout.entries.allSatisfy { $0.offset % 16 == 0 })
        #expect(layout.buckets.flatMap { Array($0.entries) } == Array(layout.entries.indices))
        #expect(layout.blocks.allSatisfy { $0.count <= ParameterLayout.blockSize })
        for slices in [1, 2, 3, 7, 16] {
            var blocks: [Int] = []
            for bucket in layout.buckets.indices {
                for slice in 0..<slices {
                    let part = layout.slice(slice, of: slices, bucket: bucket)
                    blocks += Array(part.blocks)
                    if let first = part.blocks.first, let last = part.blocks.last {
                        #expect(part.elements.lowerBound == layout.blocks[first].offset)
                        #expect(
                            part.elements.upperBound == layout.blocks[last].offset + layout.blocks[last].count
                        )
                    }
                }
            }
            #expect(blocks == Array(layout.blocks.indices))
        }
        #expect(layout.blocks.map(\.count).reduce(0, +) == counts.reduce(0, +))
    }
}
