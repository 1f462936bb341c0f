import Cluster
import Glibc
import Runtime
import Synchronization

/// Threads that run numbered tasks together with the thread that owns the pool.
///
/// Threads sleep between runs. Each is prepared for oneDNN once.
final class WorkerPool: @unchecked Sendable {
    /// The number of threads that take tasks, the caller included.
    let workers: Int
    private let shared = Shared()
    private var threads: [pthread_t] = []

    private final class Shared: @unchecked Sendable {
        var mutex = pthread_mutex_t()
        var wake = pthread_cond_t()
        /// The number of the current run; a thread that sees a new number takes part.
        var run = 0
        var isEnding = false
        var task: ((Int, Int) -> Void)?
        var taskCount = 0
        let next = Atomic<Int>(0)
        let finished = Atomic<Int>(0)

        init() {
            pthread_mutex_init(&mutex, nil)
            pthread_cond_init(&wake, nil)
        }

        /// Runs tasks until none is left.
        func work(as worker: Int, between: () throws -> Void) rethrows {
            while true {
                let index = next.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
                guard index < taskCount else { return }
                task?(index, worker)
                finished.wrappingAdd(1, ordering: .releasing)
                try between()
            }
        }

        func serve(as worker: Int) {
            prepareThreadForPrograms()
            var seen = 0
            while true {
                pthread_mutex_lock(&mutex)
                while run == seen && !isEnding { pthread_cond_wait(&wake, &mutex) }
                seen = run
                let ending = isEnding
                // Under the lock, so that whoever holds it and sees no active thread may prepare the next run.
                if !ending { active.wrappingAdd(1, ordering: .acquiring) }
                pthread_mutex_unlock(&mutex)
                if ending { return }
                work(as: worker, between: {})
                active.wrappingSubtract(1, ordering: .releasing)
            }
        }

        /// Sets up `task` as the next run, once no thread is in an earlier one.
        func begin(_ task: @escaping (Int, Int) -> Void, count: Int) {
            pthread_mutex_lock(&mutex)
            while active.load(ordering: .acquiring) != 0 {
                pthread_mutex_unlock(&mutex)
                sched_yield()
                pthread_mutex_lock(&mutex)
            }
            self.task = task
            taskCount = count
            finished.store(0, ordering: .relaxed)
            next.store(0, ordering: .relaxed)
            run += 1
            pthread_cond_broadcast(&wake)
            pthread_mutex_unlock(&mutex)
        }

        /// Ends a run, of which all tasks have been taken.
        func end() {
            while active.load(ordering: .acquiring) != 0 { sched_yield() }
            task = nil
        }

        /// Makes every thread end once it is in no run.
        func stop() {
            pthread_mutex_lock(&mutex)
            isEnding = true
            pthread_cond_broadcast(&wake)
            pthread_mutex_unlock(&mutex)
        }

        /// The number of threads in a run, the caller not counted.
        let active = Atomic<Int>(0)
    }

    /// A pool of `workers`, one of which is the caller's own thread; throws if the threads cannot be created.
    init(workers: Int) throws(ResourceError) {
        self.workers = max(1, workers)
        let shared = shared
        threads = try PosixThread.start(1..<max(1, workers), for: .workers) { worker in
            shared.serve(as: worker)
        } stop: {
            shared.stop()
        }
    }

    deinit {
        shared.stop()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Runs `task(index, worker)` for every index below `count` and returns when all are done. If `between` throws, the
    /// tasks under way are completed and its error is thrown.
    ///
    /// - Parameter between: Called on the caller's thread between its tasks and while it waits for the others.
    func run(_ count: Int, _ task: (Int, Int) -> Void, between: () throws -> Void) rethrows {
        if workers == 1 || count <= 1 {
            for index in 0..<count {
                task(index, 0)
                try between()
            }
            return
        }
        try withoutActuallyEscaping(task) { task in
            shared.begin(task, count: count)
            defer { shared.end() }
            do {
                try shared.work(as: 0, between: between)
                var waiting = Waiting()
                while shared.finished.load(ordering: .acquiring) < count {
                    try between()
                    waiting.turn()
                }
            } catch {
                // No more tasks may start: `task` must not run after this has returned.
                shared.next.store(count, ordering: .releasing)
                throw error
            }
        }
    }
}
