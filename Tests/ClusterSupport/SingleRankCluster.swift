import DataParallel
import MPI
import Runtime
import Synchronization

/// A cluster of this process alone, for tests that need no launcher.
///
/// MPI can be started once per process and all test targets share one, so the tests share one cluster and use it
/// one after another.
package enum SingleRankCluster {
    private final class Owner: @unchecked Sendable {
        let cluster: Cluster
        // MPI stays up until the process ends.
        private let runtime: MPIRuntime

        init() throws {
            let runtime = try MPIRuntime(threads: .serialized)
            cluster = try Cluster(runtime.world)
            self.runtime = runtime
        }
    }

    private static let owner = Mutex<Result<Owner, any Error>?>(nil)

    /// Calls `body` with the cluster while no other test uses it; the calling thread is set up for programs.
    package static func use<Value>(_ body: (Cluster) throws -> Value) throws -> Value {
        try owner.withLock { made in
            let result = made ?? Result { try Owner() }
            made = result
            prepareThreadForPrograms()
            return Unshared(try body(try result.get().cluster))
        }.value
    }

    /// A value that its only user takes out of the lock.
    private struct Unshared<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }
}
