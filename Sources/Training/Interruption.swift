import CSignals
import Cluster
import DataParallel
import MPI

/// Ctrl-C while a run trains, which reaches ranks as SIGTERM where mpirun passes it on: within the second that mpirun
/// leaves them they save what can be saved by then, and rank 0 says what goes on; then the signal ends them after all.
enum Interruption {
    /// Begins to take notice of the signals.
    static func watch() {
        // Without mpirun SIGTERM is no Ctrl-C: it ends the process, or srun's tasks save at leisure.
        let isRank = LaunchEnvironment.current.launcher == .openMPI
        dt_interrupt_watch(isRank && !StopRequest.isSlurmTask ? 1 : 0)
    }

    /// Signals end the process again.
    static func forget() {
        dt_interrupt_forget()
        dt_interrupt_set_line(nil)
    }

    /// Whether a signal has come.
    static var isPending: Bool { dt_interrupt_signal() != 0 }

    /// What rank 0 says when there is no time to save: which checkpoint stands.
    static func say(_ text: String) {
        dt_interrupt_set_line("\(LineDevice.erasingOnError)dtrain: note: interrupted: \(text)\n")
    }

    /// Ends all ranks together, after what they have saved; collective.
    ///
    /// - Parameter text: What rank 0 says.
    static func end(_ text: String, _ cluster: Cluster) throws {
        if dt_interrupt_hold() == 1, cluster.rank == 0 {
            DistributedProgram.write("dtrain: note: interrupted: \(text)")
        }
        // The launcher ends the job with the first rank.
        try cluster.world.barrier()
        dt_interrupt_end()
    }
}
