import CSignals
import Glibc

/// A POSIX thread with a stack that is large enough for the C libraries.
package enum PosixThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    static let stackBytes = 8 << 20

    /// Starts a thread; join it with pthread_join.
    ///
    /// - Parameter use: What the thread is for, in error messages.
    package static func start(for use: ResourceUse, _ run: @escaping @Sendable () -> Void)
        throws(ResourceError)
        -> pthread_t
    {
        var thread = pthread_t()
        let code = create(&thread, run)
        guard code == 0 else { throw ResourceError.threads(1, for: use, code: code) }
        return thread
    }

    /// Starts a thread for each number; if one cannot be had, throws and leaves none running.
    ///
    /// - Parameters:
    ///   - use: What the threads are for, in error messages.
    ///   - stop: Ends the threads that run already.
    package static func start(
        _ numbers: Range<Int>, for use: ResourceUse, _ run: @escaping @Sendable (Int) -> Void,
        stop: () -> Void
    ) throws(ResourceError) -> [pthread_t] {
        var threads: [pthread_t] = []
        for number in numbers {
            var thread = pthread_t()
            let code = create(&thread) { run(number) }
            guard code == 0 else {
                // Made while the threads that were started still count.
                let error = ResourceError.threads(numbers.count, for: use, code: code)
                stop()
                for thread in threads { pthread_join(thread, nil) }
                throw error
            }
            threads.append(thread)
        }
        return threads
    }

    /// Names the calling thread for debuggers.
    package static func setName(_ name: String) {
        dt_name_thread(name)
    }

    /// Throws unless `count` more threads can be had at the same time.
    static func tryOut(_ count: Int, for use: ResourceUse) throws(ResourceError) {
        let gate = Gate()
        let threads = try start(0..<count, for: use) { _ in
            gate.wait()
        } stop: {
            gate.open()
        }
        gate.open()
        for thread in threads { pthread_join(thread, nil) }
    }

    private static func create(_ thread: inout pthread_t, _ run: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        defer { pthread_attr_destroy(&attributes) }
        let body = Unmanaged.passRetained(Body(run))
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                dt_crash_use_own_stack()
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        if code != 0 { body.release() }
        return code
    }

    /// Holds threads back until it is opened.
    private final class Gate: @unchecked Sendable {
        private var mutex = pthread_mutex_t()
        private var wake = pthread_cond_t()
        private var isOpen = false

        init() {
            pthread_mutex_init(&mutex, nil)
            pthread_cond_init(&wake, nil)
        }

        func wait() {
            pthread_mutex_lock(&mutex)
            while !isOpen { pthread_cond_wait(&wake, &mutex) }
            pthread_mutex_unlock(&mutex)
        }

        func open() {
            pthread_mutex_lock(&mutex)
            isOpen = true
            pthread_cond_broadcast(&wake)
            pthread_mutex_unlock(&mutex)
        }
    }
}
