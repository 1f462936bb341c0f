import Glibc

/// One thread that runs one task at a time beside its owner.
final class BackgroundWorker: @unchecked Sendable {
    private final class Shared: @unchecked Sendable {
        var mutex = pthread_mutex_t()
        var changed = pthread_cond_t()
        var task: (() -> Void)?
        var isEnding = false

        init() {
            pthread_mutex_init(&mutex, nil)
            pthread_cond_init(&changed, nil)
        }

        func serve() {
            pthread_mutex_lock(&mutex)
            while true {
                while task == nil && !isEnding { pthread_cond_wait(&changed, &mutex) }
                guard let current = task else { break }
                pthread_mutex_unlock(&mutex)
                current()
                pthread_mutex_lock(&mutex)
                task = nil
                pthread_cond_broadcast(&changed)
            }
            pthread_mutex_unlock(&mutex)
        }
    }
    private let shared = Shared()
    private let thread: pthread_t

    init() {
        let shared = shared
        thread = PosixThread.start { shared.serve() }
    }

    deinit {
        wait()
        pthread_mutex_lock(&shared.mutex)
        shared.isEnding = true
        pthread_cond_broadcast(&shared.changed)
        pthread_mutex_unlock(&shared.mutex)
        pthread_join(thread, nil)
    }

    /// Starts `task`, after the one before has ended.
    func start(_ task: @escaping () -> Void) {
        wait()
        pthread_mutex_lock(&shared.mutex)
        shared.task = task
        pthread_cond_broadcast(&shared.changed)
        pthread_mutex_unlock(&shared.mutex)
    }

    /// Returns when no task is running.
    func wait() {
        pthread_mutex_lock(&shared.mutex)
        while shared.task != nil { pthread_cond_wait(&shared.changed, &shared.mutex) }
        pthread_mutex_unlock(&shared.mutex)
    }
}
