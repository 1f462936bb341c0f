import Glibc

/// What the environment says about how this process was started, known before MPI is initialized.
///
/// Compare `size` with the world communicator's: if the launcher announces more ranks than MPI sees, the
/// processes run as unconnected singletons.
public struct LaunchEnvironment: Sendable, Equatable {
    /// The program that started this process.
    public enum Launcher: String, Sendable {
        /// Started directly: MPI will see one rank.
        case none
        /// Open MPI's mpirun, or srun through Open MPI's own plug-in.
        case openMPI
        /// Slurm's srun.
        case slurm
        /// Another launcher that speaks PMI, such as Hydra.
        case pmi
    }

    /// Who started this process.
    public let launcher: Launcher
    /// How many ranks the launcher started, if it says.
    public let size: Int?
    /// This process's rank, if the launcher says.
    public let rank: Int?
    /// How many ranks the launcher started on this node, if it says.
    public let localSize: Int?
    /// This process's rank among those of its node, if the launcher says.
    public let localRank: Int?
    /// SLURM_NTASKS, the tasks of the surrounding Slurm job; set in a batch script too, without any launcher.
    public let allocatedTasks: Int?

    /// Reads variables through a function from name to value.
    public init(variable: (String) -> String?) {
        func number(_ name: String) -> Int? {
            variable(name).flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        }
        allocatedTasks = number("SLURM_NTASKS")
        if let count = number("OMPI_COMM_WORLD_SIZE") {
            launcher = .openMPI
            size = count
            rank = number("OMPI_COMM_WORLD_RANK")
            localSize = number("OMPI_COMM_WORLD_LOCAL_SIZE")
            localRank = number("OMPI_COMM_WORLD_LOCAL_RANK")
        } else if number("SLURM_STEP_ID") != nil, let task = number("SLURM_PROCID") {
            // A batch script has SLURM_PROCID as well; only what srun starts has a step.
            launcher = .slurm
            size = number("SLURM_STEP_NUM_TASKS") ?? allocatedTasks
            rank = task
            localSize = nil
            localRank = number("SLURM_LOCALID")
        } else if let count = number("PMI_SIZE") {
            launcher = .pmi
            size = count
            rank = number("PMI_RANK")
            localSize = number("MPI_LOCALNRANKS")
            localRank = number("MPI_LOCALRANKID")
        } else {
            launcher = .none
            size = nil
            rank = nil
            localSize = nil
            localRank = nil
        }
    }

    /// This process's own environment.
    public static var current: LaunchEnvironment {
        LaunchEnvironment { name in getenv(name).flatMap { String(validatingCString: $0) } }
    }

    /// Whether a launcher started this process as one of its ranks.
    public var isLaunched: Bool { launcher != .none }
}
