import Glibc
import MPI

/// Memory that all ranks of a node read and write: a shared window, or private memory for a rank without neighbours.
public final class NodeMemory: @unchecked Sendable {
    /// The start, aligned to 64 bytes; every rank of the node sees the same memory there.
    public let base: UnsafeMutableRawPointer
    /// The size in bytes.
    public let byteCount: Int
    private let window: SharedWindow?

    /// Zeroed memory of `byteCount` bytes on every node; collective over the cluster.
    ///
    /// Throws `ClusterError.noSharedMemory` on all ranks together if one node's shared memory is too small, and
    /// `ResourceError` on a rank that may not have that much memory.
    ///
    /// - Parameter use: What the memory is for, in error messages.
    public init(byteCount: Int, for use: ResourceUse = .data("shared data"), on cluster: Cluster) throws {
        self.byteCount = byteCount
        try cluster.requireMemory(byteCount, for: use)
        var window: SharedWindow?
        var failure: (any Error)?
        if cluster.node.size > 1 {
            do {
                window = try SharedWindow(bytes: cluster.node.rank == 0 ? byteCount : 0, on: cluster.node)
            } catch {
                failure = error
            }
        }
        guard try cluster.world.allReduce(failure == nil ? 1 : 0, .min) == 1 else {
            try window?.free()
            throw ClusterError.noSharedMemory(failure.map { "\($0)" } ?? "another node's is too small")
        }
        self.window = window
        if window != nil, cluster.node.rank == 0 {
            PrivateMemory.promised.wrappingAdd(byteCount, ordering: .relaxed)
        }
        // The system hands out zeroed pages in both cases.
        base = try window?.segment(ofRank: 0).baseAddress ?? PrivateMemory.allocate(byteCount, for: use)
    }

    /// Gives the memory back; collective over the node.
    public func free() throws {
        if let window {
            if window.communicator.rank == 0 {
                PrivateMemory.promised.wrappingSubtract(byteCount, ordering: .relaxed)
            }
            try window.free()
        } else {
            PrivateMemory.free(base, byteCount)
        }
    }
}
