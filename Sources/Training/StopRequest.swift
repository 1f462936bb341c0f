import Glibc
import Synchronization

/// Whether this process was asked to save a checkpoint and stop: by SIGUSR1, or in a task of Slurm's srun by SIGTERM,
/// which Slurm sends half a minute before it kills.
enum StopRequest {
    private static let flag = Atomic<Bool>(false)
    private static let isTask = Atomic<Bool>(false)

    /// Makes SIGUSR1 set the request instead of ending the process.
    ///
    /// - Parameter isSlurmTask: Whether srun started this process.
    static func install(isSlurmTask: Bool) {
        isTask.store(isSlurmTask, ordering: .relaxed)
        take(SIGUSR1)
    }

    /// Makes SIGTERM set it too in a Slurm task, during a run that can save; other work is ended by it at once.
    static func takeTermination() { if isSlurmTask { take(SIGTERM) } }

    /// Makes SIGTERM end the process again.
    static func leaveTermination() { if isSlurmTask { signal(SIGTERM, SIG_DFL) } }

    /// Whether the request was made.
    static var isPending: Bool { flag.load(ordering: .relaxed) }

    /// Whether srun started this process.
    static var isSlurmTask: Bool { isTask.load(ordering: .relaxed) }

    private static func take(_ number: Int32) {
        signal(number) { _ in StopRequest.flag.store(true, ordering: .relaxed) }
        // A launcher may have started this process with the signal blocked.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
