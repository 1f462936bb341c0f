import Glibc
import Synchronization

/// Whether this process was asked, by SIGUSR1, to save a checkpoint and stop.
enum StopRequest {
    private static let flag = Atomic<Bool>(false)

    /// Lets SIGUSR1 set the request instead of ending the process.
    static func install() {
        signal(SIGUSR1) { _ in StopRequest.flag.store(true, ordering: .relaxed) }
        // A launcher may have started this process with the signal blocked.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR1)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Whether the signal has come.
    static var isPending: Bool { flag.load(ordering: .relaxed) }
}
