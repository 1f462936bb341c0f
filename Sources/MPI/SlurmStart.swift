internal import CMPI
import Glibc

/// Starts by Slurm's srun in which Open MPI finds no PMIx, and ends inside `MPI_Init` with a page of text: an interactive
/// shell (`srun --pty bash`), or `srun` without `--mpi=pmix`.
public enum SlurmStart {
    /// Several tasks that cannot find one another.
    public struct Unconnected: Error, Sendable, CustomStringConvertible {
        /// How many srun started.
        public let tasks: Int

        public var description: String {
            "srun started \(tasks) tasks without PMIx, by which the ranks of Open MPI find one another: start them with srun --mpi=pmix, or with mpirun inside salloc or sbatch"
        }
    }

    /// Makes one task start as a process of its own; throws for several. To be called before MPI starts.
    public static func prepare() throws(Unconnected) {
        let environment = LaunchEnvironment.current
        guard environment.launcher == .slurm, !isSet("PMIX_NAMESPACE"), !isSet("PMIX_RANK") else { return }
        // Older interfaces of Slurm's do where Open MPI was built with them.
        if isSet("PMI_FD") || isSet("PMI_RANK"), PMIComponents.areInstalled { return }
        let tasks = environment.size ?? 1
        guard tasks == 1 else { throw Unconnected(tasks: tasks) }
        // By these Open MPI takes the process for one that srun is to connect.
        for name in ["SLURM_STEP_ID", "SLURM_STEPID"] { unsetenv(name) }
    }

    private static func isSet(_ name: String) -> Bool { getenv(name) != nil }
}

/// Open MPI's components for Slurm's interfaces before PMIx.
private enum PMIComponents {
    /// Whether they are there, as far as can be told: built into the library they cannot be seen.
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
