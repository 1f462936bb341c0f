import CKernels
import Datasets
import FixedTree
import Testing

@testable import DataParallel

/// Sums and merged moments of every number of shards have the same bits at every number of ranks, on any nodes.
@Suite struct TreeSumTests {
    /// One mini-batch's contributions; nil for shards without examples.
    private struct Leaves {
        let vectors: [[UInt64]?]
        let combination: TreeSum.Combination
        let byteCount: Int

        /// Random vectors of `shards` shards of which `examples` have one; numbers differ much in size, so that
        /// every order of additions rounds differently.
        init(shards: Int, examples: Int, elements: Int, _ combination: TreeSum.Combination, seed: UInt64) {
            self.combination = combination
            let words = combination == .addFloats ? (elements + 1) / 2 : elements
            byteCount = combination == .addFloats ? elements * 4 : elements * 8
            vectors = (0..<shards).map { shard in
                let count = (shard + 1) * examples / shards - shard * examples / shards
                guard count > 0 else { return nil }
                var state = seed &+ UInt64(shard) &* 0x9E37_79B9_7F4A_7C15
                return (0..<words).map { place in
                    switch combination {
                    case .addFloats:
                        UInt64(Float(Self.number(&state)).bitPattern) << 32
                            | UInt64(Float(Self.number(&state)).bitPattern)
                    case .addDoubles: Self.number(&state).bitPattern
                    // (count, means, M2): counts and M2 are not negative.
                    case .mergeMoments where place == 0: Double(count).bitPattern
                    case .mergeMoments:
                        (place > elements / 2 ? Self.number(&state).magnitude : Self.number(&state))
                            .bitPattern
                    }
                }
            }
        }

        private static func number(_ state: inout UInt64) -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let exponent = Double(Int((state >> 8) % 40)) - 20
            return (Double(state >> 11) * 0x1p-53 - 0.5)
                * Double(sign: .plus, exponent: Int(exponent), significand: 1)
        }
    }

    private let kernels: UnsafePointer<dt_kernels> = dt_kernels_for(dt_isa_detect())

    /// The vector of `root` from those of `parts`; nil where it holds no examples.
    private func combined(
        _ leaves: Leaves, root: Range<Int>, parts: [(range: Range<Int>, vector: [UInt64]?)],
        inRankOrder: Bool = false
    ) -> [UInt64]? {
        guard parts.contains(where: { root.contains($0.range.lowerBound) && $0.vector != nil }) else {
            return nil
        }
        let ranges = parts.map(\.range)
        let plan = inRankOrder ? TreePlan(inOrderOf: ranges) : TreePlan(root: root, parts: ranges)
        let sum = TreeSum(depth: plan.depth, vectorBytes: leaves.byteCount, kernels: kernels)
        var result = Array(repeating: UInt64(0), count: (leaves.byteCount + 7) / 8)
        let copies = parts.map { part in
            part.vector.map { vector in
                let copy = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: vector.count)
                _ = copy.initialize(from: vector)
                return copy
            }
        }
        let pointers = copies.map { $0.flatMap { UnsafeRawPointer($0.baseAddress) } }
        result.withUnsafeMutableBytes { bytes in
            guard let target = bytes.baseAddress else { return }
            sum.evaluate(plan, parts: pointers, byteCount: leaves.byteCount, leaves.combination, into: target)
        }
        for copy in copies { copy?.deallocate() }
        return result
    }

    /// The total as ranks make it: shards to ranks' subtrees, those to nodes' subtrees, those to the root.
    private func total(_ leaves: Leaves, nodes: [Range<Int>], inRankOrder: Bool = false) -> [UInt64]? {
        let map = ShardMap(shards: leaves.vectors.count, nodes: nodes)
        let shards = leaves.vectors.enumerated().map { ($0..<($0 + 1), $1) }
        var travelling: [(range: Range<Int>, vector: [UInt64]?)] = []
        for (index, node) in nodes.enumerated() {
            var local: [(range: Range<Int>, vector: [UInt64]?)] = []
            for rank in node {
                for subtree in map.subtrees[rank] {
                    let own = shards[subtree].map { (range: $0.0, vector: $0.1) }
                    local.append((subtree, combined(leaves, root: subtree, parts: own)))
                }
            }
            for subtree in map.nodeSubtrees[index] {
                travelling.append((subtree, combined(leaves, root: subtree, parts: local)))
            }
        }
        return combined(leaves, root: 0..<leaves.vectors.count, parts: travelling, inRankOrder: inRankOrder)
    }

    private static func even(_ ranks: Int, perNode: Int) -> [Range<Int>] {
        stride(from: 0, to: ranks, by: perNode).map { $0..<min($0 + perNode, ranks) }
    }

    @Test(arguments: 1...33)
    func sameBitsAtEveryNumberOfRanks(shards: Int) {
        for (combination, elements) in [
            (TreeSum.Combination.addFloats, 3), (.addDoubles, 2), (.mergeMoments, 5),
        ] {
            for examples in [shards * 3 + 1, shards, max(1, shards / 2), 1] {
                let leaves = Leaves(
                    shards: shards, examples: examples, elements: elements, combination, seed: UInt64(shards))
                let alone = total(leaves, nodes: [0..<1])
                #expect(alone != nil)
                for ranks in 1...shards {
                    #expect(total(leaves, nodes: Self.even(ranks, perNode: 1)) == alone)
                    #expect(total(leaves, nodes: Self.even(ranks, perNode: 3)) == alone)
                }
            }
        }
    }

    /// Vectors of several cache blocks, ends included.
    @Test(arguments: [4095, 4096, 4097, 10_001])
    func longVectors(elements: Int) {
        let leaves = Leaves(shards: 7, examples: 6, elements: elements, .addFloats, seed: 3)
        let alone = total(leaves, nodes: [0..<1])
        for ranks in 2...7 { #expect(total(leaves, nodes: Self.even(ranks, perNode: 2)) == alone) }
    }

    /// In rank order the bits do depend on the number of ranks: the comparison can fail.
    @Test func rankOrderDiffers() {
        var differing = 0
        for shards in 3...33 {
            let leaves = Leaves(shards: shards, examples: shards, elements: 4, .addFloats, seed: 1)
            let alone = total(leaves, nodes: [0..<1])
            let each = total(leaves, nodes: Self.even(shards, perNode: 1), inRankOrder: true)
            if each != alone { differing += 1 }
        }
        #expect(differing > 20)
    }
}
