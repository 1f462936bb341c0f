import CKernels
import Datasets
import FixedTree
import Synchronization
import Testing

@testable import DataParallel

/// Accumulators of ranks with several subtrees and empty shards: the same bits on any threads, and few copies.
@Suite struct GradientAccumulatorCutTests {
    private static let count = 37

    private func value(_ shard: Int, _ element: Int) -> Float {
        Float((shard * 7919 + element * 104_729) % 1009 - 504) * (element % 3 == 0 ? 1e7 : 1e-3)
    }

    private func expected(_ node: Range<Int>, _ element: Int, isEmpty: (Range<Int>) -> Bool) -> Float? {
        if isEmpty(node) { return nil }
        if node.count == 1 { return value(node.lowerBound, element) }
        let middle = FixedTree.split(node)
        let left = expected(node.lowerBound..<middle, element, isEmpty: isEmpty)
        let right = expected(middle..<node.upperBound, element, isEmpty: isEmpty)
        guard let left, let right else { return left ?? right }
        return left + right
    }

    @Test(arguments: [(1, 1), (8, 1), (8, 3), (13, 2), (13, 5), (16, 4), (33, 2)], 1...4)
    func sameBitsFewCopies(_ cut: (shards: Int, ranks: Int), workers: Int) throws {
        let map = ShardMap(shards: cut.shards, nodes: [0..<cut.ranks])
        let pool = try WorkerPool(workers: workers)
        for rank in 0..<cut.ranks {
            for batch in [cut.shards * 2, cut.shards, cut.shards - cut.shards / 3, 1] where batch > 0 {
                check(map, rank: rank, batch: batch, pool: pool)
            }
        }
    }

    private func check(_ map: ShardMap, rank: Int, batch: Int, pool: WorkerPool) {
        let (owned, roots, count) = (map.owned[rank], map.subtrees[rank], Self.count)
        let active = owned.filter { !map.isEmpty($0..<($0 + 1), batch: batch) }
        let targets = roots.map { _ in UnsafeMutablePointer<Float>.allocate(capacity: count) }
        defer { for target in targets { target.deallocate() } }
        let accumulator = GradientAccumulator(
            owned: owned, roots: roots, targets: targets, count: count, map: map,
            kernels: dt_kernels_for(dt_isa_detect()))
        let places = Mutex<Set<UInt>>([])
        for _ in 0..<10 {
            for target in targets { target.initialize(repeating: .nan, count: count) }
            pool.run(active.count) { index, _ in
                guard let buffer = try? accumulator.begin(shard: active[index]) else { return }
                let address = UInt(bitPattern: buffer)
                places.withLock { _ = $0.insert(address) }
                for element in 0..<count { buffer[element] = value(active[index], element) }
                accumulator.end(shard: active[index], buffer, batch: batch)
            } between: {
            }
            for (root, target) in zip(roots, targets) where !map.isEmpty(root, batch: batch) {
                let wrong = (0..<count).filter { element in
                    let sum = expected(root, element) { map.isEmpty($0, batch: batch) }
                    return sum?.bitPattern != target[element].bitPattern
                }
                #expect(wrong.isEmpty, "subtree \(root) of rank \(rank), \(batch) examples")
            }
        }
        // Copies beside the places of the sums.
        let targetPlaces = Set(targets.map { UInt(bitPattern: $0) })
        let copies = places.withLock { $0.subtracting(targetPlaces).count }
        var levels = 0
        while 1 << levels < owned.count { levels += 1 }
        // Where a worker stands still at the first shard, the others wait in one sum per level and one more: before the last
        // of 8 these are shard 1, 2 to 3, 4 to 5 and 6.
        #expect(copies <= levels + 1 + pool.workers, "\(copies) copies for \(owned.count) shards")
    }
}
