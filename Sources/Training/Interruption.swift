import CSignals
import Cluster
import DataParallel
import MPI

/// Ctrl-C while a run trains, which mpirun passes on to ranks as SIGTERM. Within the second that mpirun leaves them
/// they save what they can, and rank 0 prints how to continue; then the signal ends them.
enum Interruption {
    /// Starts to catch the signals.
    static func watch() {
        // Without mpirun SIGTERM is not a Ctrl-C: it ends the process, or under srun there is time to save.
        let isRank = LaunchEnvironment.current.launcher == .openMPI
        dt_interrupt_watch(isRank && !StopRequest.isSlurmTask ? 1 : 0)
    }

    /// Lets signals end the process again.
    static func forget() {
        dt_interrupt_forget()
        dt_interrupt_set_line(nil)
    }

    /// Whether a signal has arrived.
    static var isPending: Bool { dt_interrupt_signal() != 0 }

    /// Sets what rank 0 prints if there is no time to save: which checkpoint is complete.
    static func say(_ text: String) {
        dt_interrupt_set_line("\(LineDevice.erasingOnError)dtrain: note: interrupted: \(text)\n")
    }

    /// Ends all ranks together, after they have saved; collective.
    ///
    /// - Parameter text: What rank 0 prints.
    static func end(_ text: String, _ cluster: Cluster) throws {
        if dt_interrupt_hold() == 1, cluster.rank == 0 {
            DistributedProgram.write("dtrain: note: interrupted: \(text)")
        }
        // The launcher ends the job when the first rank ends.
        try cluster.world.barrier()
        dt_interrupt_end()
    }
}
