import Synchronization
import Testing

@testable import DataParallel

/// Every task runs exactly once, run after run.
@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 4])
    func everyTaskOnce(workers: Int) throws {
        let pool = try WorkerPool(workers: workers)
        let total = Atomic<Int>(0)
        var expected = 0
        for run in 0..<3000 {
            let count = run % 9
            pool.run(count) { index, worker in
                #expect(worker < workers)
                total.wrappingAdd(index + 1, ordering: .relaxed)
            } between: {
            }
            expected += count * (count + 1) / 2
        }
        #expect(total.load(ordering: .relaxed) == expected)
    }
}
