import Testing

@testable import DataParallel

/// Layouts of random models: everything has its place once, whatever the sizes.
@Suite struct ParameterLayoutPropertyTests {
    @Test(arguments: 0..<60)
    func everyElementHasOnePlace(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let counts = (0...below(20)).map { _ in
            [1, 15, 16, 17, 4095, 4096, 4097, 12_289][below(8)] + below(3)
        }
        let order = counts.indices.sorted { ($0 * 7919 + seed) % 101 < ($1 * 7919 + seed) % 101 }
        let layout = ParameterLayout(order: order, counts: counts, bucketBytes: 1 << (4 + below(18)))

        // Tensors stand one behind another, in order, at multiples of a vector.
        var end = 0
        for (entry, variable) in zip(layout.entries, order) {
            #expect(entry.variable == variable && entry.count == counts[variable])
            #expect(entry.offset % 16 == 0 && (entry.offset - end) < 16 && entry.offset >= end)
            end = entry.offset + entry.count
        }
        #expect(layout.elementCount >= end && layout.elementCount - end < 16)

        // Blocks cut each tensor from its start.
        var blocks = layout.blocks[...]
        for entry in layout.entries {
            for start in stride(from: 0, to: entry.count, by: ParameterLayout.blockSize) {
                let block = blocks.popFirst()
                #expect(block?.offset == entry.offset + start)
                #expect(block?.count == min(ParameterLayout.blockSize, entry.count - start))
            }
        }
        #expect(blocks.isEmpty)

        // Buckets follow one another and hold whole tensors.
        #expect(layout.buckets.flatMap { Array($0.entries) } == Array(layout.entries.indices))
        #expect(layout.buckets.flatMap { Array($0.blocks) } == Array(layout.blocks.indices))
        #expect(layout.buckets.first?.elements.lowerBound == 0)
        #expect(layout.buckets.last?.elements.upperBound == layout.elementCount)
        for (a, b) in zip(layout.buckets, layout.buckets.dropFirst()) {
            #expect(a.elements.upperBound == b.elements.lowerBound)
        }

        for slices in [1, 2, 3, 4, 7, 33] { checkSlices(layout, slices) }
    }

    /// Every block is in one slice, slices are cut where blocks end and are about equal.
    private func checkSlices(_ layout: ParameterLayout, _ slices: Int) {
        for (bucket, description) in layout.buckets.enumerated() {
            let parts = (0..<slices).map { layout.slice($0, of: slices, bucket: bucket) }
            #expect(parts.flatMap { Array($0.blocks) } == Array(description.blocks))
            let sizes = parts.map(\.blocks.count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
            for part in parts where !part.blocks.isEmpty {
                let last = layout.blocks[part.blocks.upperBound - 1]
                #expect(
                    part.elements == layout.blocks[part.blocks.lowerBound].offset..<(last.offset + last.count)
                )
                #expect(description.elements.contains(part.elements.lowerBound))
                #expect(part.elements.upperBound <= description.elements.upperBound)
            }
            let filled = parts.filter { !$0.blocks.isEmpty }
            for (a, b) in zip(filled, filled.dropFirst()) {
                #expect(a.elements.upperBound <= b.elements.lowerBound)
            }
        }
    }
}
