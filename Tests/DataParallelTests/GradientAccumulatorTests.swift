import CKernels
import Testing

@testable import DataParallel

/// A rank's shards merge to the same bits on any number of threads, with few copies.
@Suite struct GradientAccumulatorTests {
    @Test(arguments: [1, 2, 3, 5, 8, 13], [1, 2, 4])
    func sameBitsOnAnyThreads(shards: Int, workers: Int) throws {
        let count = 1000
        let kernels: UnsafePointer<dt_kernels> = dt_kernels_for(dt_isa_detect())
        let map = ShardMap(shards: shards, nodes: [0..<1])
        func value(_ shard: Int, _ element: Int) -> Float {
            Float((shard * 7919 + element * 104_729) % 1009 - 504) * (element % 3 == 0 ? 1e6 : 1e-3)
        }
        func expected(_ range: Range<Int>, _ element: Int) -> Float {
            if range.count == 1 { return value(range.lowerBound, element) }
            let middle = range.lowerBound + (range.count + 1) / 2
            return expected(range.lowerBound..<middle, element) + expected(middle..<range.upperBound, element)
        }
        let target = UnsafeMutablePointer<Float>.allocate(capacity: count)
        defer { target.deallocate() }
        let accumulator = GradientAccumulator(
            owned: 0..<shards, roots: [0..<shards], targets: [target], count: count, map: map,
            kernels: kernels)
        let pool = try WorkerPool(workers: workers)
        for _ in 0..<20 {
            pool.run(shards) { shard, _ in
                guard let buffer = try? accumulator.begin(shard: shard) else { return }
                for element in 0..<count { buffer[element] = value(shard, element) }
                accumulator.end(shard: shard, buffer, batch: shards)
            } between: {
            }
            #expect((0..<count).allSatisfy { target[$0].bitPattern == expected(0..<shards, $0).bitPattern })
        }
    }
}
