internal import CMPI
import Glibc

/// Handles starts by Slurm's srun without PMIx, which would end inside Open MPI's `MPI_Init` with a page of text: an
/// interactive shell (`srun --pty bash`), or `srun` without `--mpi=pmix`.
public enum SlurmStart {
    /// Several tasks that cannot find one another.
    public struct Unconnected: Error, Sendable, CustomStringConvertible {
        /// The number of tasks that srun started.
        public let tasks: Int

        public var description: String {
            "srun started \(tasks) tasks without PMIx, by which the ranks of Open MPI find one another: start them with srun --mpi=pmix, or with mpirun inside salloc or sbatch"
        }
    }

    /// Lets a single task start as a process of its own, by unsetting Slurm's step variables; throws for several tasks.
    /// Call it before MPI starts.
    public static func prepare() throws(Unconnected) {
        let environment = LaunchEnvironment.current
        guard environment.launcher == .slurm, !isSet("PMIX_NAMESPACE"), !isSet("PMIX_RANK") else { return }
        // Slurm's older interfaces, PMI-1 and PMI-2, suffice if Open MPI was built with them.
        if isSet("PMI_FD") || isSet("PMI_RANK"), PMIComponents.areInstalled { return }
        let tasks = environment.size ?? 1
        guard tasks == 1 else { throw Unconnected(tasks: tasks) }
        // With these variables Open MPI would take the process for one that srun connects.
        for name in ["SLURM_STEP_ID", "SLURM_STEPID"] { unsetenv(name) }
    }

    private static func isSet(_ name: String) -> Bool { getenv(name) != nil }
}

/// Open MPI's components for Slurm's interfaces before PMIx.
private enum PMIComponents {
    /// Whether they are installed; true also if that cannot be told, since components built into the library cannot be
    /// seen.
    static var areInstalled: Bool {
        guard let library = dt_library_path(), let real = realpath(library, nil) else { return true }
        defer { free(real) }
        let folder = String(cString: real).split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        // Open MPI's own place, and Debian's.
        let places = ["openmpi", "openmpi/lib/openmpi3"].map { "\(folder)/\($0)" }
        guard let place = places.first(where: { access("\($0)/mca_ess_pmi.so", F_OK) == 0 }) else {
            return true
        }
        return ["s1", "s2"].contains { access("\(place)/mca_pmix_\($0).so", F_OK) == 0 }
    }
}
