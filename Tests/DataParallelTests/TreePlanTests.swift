import CKernels
import Datasets
import FixedTree
import Testing

@testable import DataParallel

/// The fixed tree gives the same bits however shards are shared out over ranks.
@Suite struct TreePlanTests {
    private static func kernels() -> UnsafePointer<dt_kernels> { dt_kernels_for(dt_isa_detect()) }

    /// Combines `leaves` (nil for empty shards) through the subtrees of `ranks` ranks.
    private func combined(_ leaves: [Float?], ranks: Int, inRankOrder: Bool = false) -> Float {
        let shards = leaves.count
        let map = ShardMap(shards: shards, nodes: (0..<ranks).map { $0..<($0 + 1) })
        let kernels = Self.kernels()
        func evaluate(_ plan: TreePlan, _ values: [Float?]) -> Float? {
            if values.allSatisfy({ $0 == nil }) { return nil }
            var storage = values.map { $0 ?? .nan }
            var result: Float = 0
            storage.withUnsafeMutableBufferPointer { storage in
                let pointers = values.indices.map { index in
                    values[index] == nil ? nil : storage.baseAddress.map { UnsafeRawPointer($0 + index) }
                }
                TreeSum(depth: plan.depth, vectorBytes: 64, kernels: kernels)
                    .evaluate(plan, parts: pointers, byteCount: 4, .addFloats, into: &result)
            }
            return result
        }
        var parts: [Range<Int>] = []
        var values: [Float?] = []
        for rank in 0..<ranks {
            for subtree in map.subtrees[rank] {
                let plan = TreePlan(root: subtree, parts: subtree.map { $0..<($0 + 1) })
                parts.append(subtree)
                values.append(evaluate(plan, Array(leaves[subtree])))
            }
        }
        let plan = inRankOrder ? TreePlan(inOrderOf: parts) : TreePlan(root: 0..<shards, parts: parts)
        return evaluate(plan, values) ?? 0
    }

    @Test(arguments: [1, 2, 3, 5, 7, 8, 12, 16, 17, 33])
    func anyNumberOfRanks(shards: Int) {
        for seed in 0..<8 {
            let leaves: [Float?] = (0..<shards).map { index in
                let bits = UInt32(truncatingIfNeeded: (index + 1) * 2_654_435_761 &* (seed + 3))
                if seed % 3 == 2, bits % 5 == 0 { return nil }
                return (Float(bits % 1000) - 500) * (bits % 7 == 0 ? 1e6 : 1e-2)
            }
            let alone = combined(leaves, ranks: 1)
            for ranks in 1...shards { #expect(combined(leaves, ranks: ranks).bitPattern == alone.bitPattern) }
        }
    }

    /// Sums in rank order do depend on the number of ranks: the comparison above can fail.
    @Test func rankOrderDiffers() {
        let leaves: [Float?] = [1e8, 1, -1e8, 1, 1e8, 1, -1e8, 1]
        let sums = (1...8).map { combined(leaves, ranks: $0, inRankOrder: true) }
        #expect(Set(sums).count > 1)
        #expect(Set((1...8).map { combined(leaves, ranks: $0) }).count == 1)
    }

    @Test func subtreesCoverEachShardOnce() {
        for shards in 1...40 {
            for ranks in 1...shards {
                let map = ShardMap(shards: shards, nodes: (0..<ranks).map { $0..<($0 + 1) })
                #expect(map.subtrees.flatMap { $0.flatMap(Array.init) } == Array(0..<shards))
                #expect(
                    map.subtrees.allSatisfy {
                        Double($0.count) <= 2 * max(1, Double(shards)).squareRoot() + 2
                    })
            }
        }
    }
}
