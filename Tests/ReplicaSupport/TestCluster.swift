import Cluster
import DataParallel
import Glibc
import MPI

/// The one-rank cluster of a test process, which can start MPI only once.
package enum TestCluster {
    private final class Holder: @unchecked Sendable {
        let outcome: Result<Cluster, any Error>

        init() {
            setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1)
            setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1)
            outcome = Result {
                let runtime = try MPIRuntime(threads: .funneled)
                let cluster = try Cluster(runtime.world)
                // Kept until the process ends: finalizing would forbid MPI to later tests.
                _ = Unmanaged.passRetained(Keeper(runtime))
                return cluster
            }
        }
    }

    private final class Keeper {
        let runtime: MPIRuntime
        init(_ runtime: consuming MPIRuntime) { self.runtime = runtime }
    }

    private static let holder = Holder()

    /// The cluster; every call gives the same.
    package static func get() throws -> Cluster { try holder.outcome.get() }
}
