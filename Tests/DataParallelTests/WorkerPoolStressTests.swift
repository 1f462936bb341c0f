import Synchronization
import Testing

@testable import DataParallel

/// Runs so short that threads are still waking when the next one begins.
@Suite struct WorkerPoolStressTests {
    @Test(arguments: [1, 2, 3, 4])
    func everyIndexOnce(workers: Int) throws {
        let pool = try WorkerPool(workers: workers)
        let most = 12
        let seen = UnsafeMutableBufferPointer<Int32>.allocate(capacity: most)
        defer { seen.deallocate() }
        var wrong = 0
        for run in 0..<20_000 {
            // Growing and shrinking numbers: an index left from the run before is a valid one of the next.
            let count = (run * 7) % (most + 1)
            seen.initialize(repeating: 0)
            pool.run(count) { index, _ in
                seen[index] += 1
            } between: {
            }
            if (0..<most).contains(where: { seen[$0] != ($0 < count ? 1 : 0) }) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    /// An error of the caller's own ends the run: no task runs once it has been thrown, and the pool stays usable.
    @Test(arguments: [1, 2, 4])
    func errorsEndTheRun(workers: Int) throws {
        struct Failure: Error {}
        let pool = try WorkerPool(workers: workers)
        let isOver = Atomic<Bool>(false)
        let late = Atomic<Int>(0)
        var thrown = 0
        var runs = 0
        // On a busy machine the caller may have no turn for long.
        while runs < 300 || (thrown == 0 && runs < 100_000) {
            runs += 1
            isOver.store(false, ordering: .sequentiallyConsistent)
            do {
                try pool.run(64) { _, _ in
                    if isOver.load(ordering: .sequentiallyConsistent) {
                        late.wrappingAdd(1, ordering: .relaxed)
                    }
                } between: {
                    throw Failure()
                }
            } catch {
                // Where the others take all tasks, the caller has no turn to throw in.
                thrown += 1
            }
            isOver.store(true, ordering: .sequentiallyConsistent)
        }
        #expect(late.load(ordering: .relaxed) == 0)
        #expect(thrown > 0)
        let total = Atomic<Int>(0)
        pool.run(10) { index, _ in
            total.wrappingAdd(index, ordering: .relaxed)
        } between: {
        }
        #expect(total.load(ordering: .relaxed) == 45)
    }
}
