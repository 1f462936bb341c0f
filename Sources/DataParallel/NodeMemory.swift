import Glibc
import MPI

/// Memory that all ranks of a node read and write: a shared window, or private memory where a rank is alone.
public final class NodeMemory: @unchecked Sendable {
    /// The start, at a multiple of 64; the same bytes on every rank of the node.
    public let base: UnsafeMutableRawPointer
    /// Usable bytes.
    public let byteCount: Int
    private let window: SharedWindow?

    /// Zeroed memory of `byteCount` bytes on every node; collective over the cluster.
    ///
    /// Throws `ClusterError.noSharedMemory` on all ranks together if one node's is too small.
    public init(byteCount: Int, on cluster: Cluster) throws {
        self.byteCount = byteCount
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
        // The system hands out zeroed pages in both cases.
        base = window?.segment(ofRank: 0).baseAddress ?? PrivateMemory.allocate(byteCount)
    }

    /// Gives the memory back; collective over the node.
    public func free() throws {
        if let window { try window.free() } else { PrivateMemory.free(base, byteCount) }
    }
}

/// Zeroed private memory at multiples of 64 bytes; pages take room when they are first written.
enum PrivateMemory {
    /// `byteCount` rounded up to a multiple of 64, so that what follows starts on a cache line of its own.
    static func aligned(_ byteCount: Int) -> Int { (byteCount + 63) / 64 * 64 }

    static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        var pointer: UnsafeMutableRawPointer?
        let rounded = max(64, aligned(byteCount))
        // Large stretches come from fresh pages, which the system has zeroed.
        if rounded >= 1 << 20 {
            pointer = mmap(
                nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            precondition(pointer != nil && pointer != MAP_FAILED, "out of memory: \(rounded) bytes")
        } else {
            precondition(posix_memalign(&pointer, 64, rounded) == 0, "out of memory: \(rounded) bytes")
            pointer?.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
        }
        guard let pointer else { preconditionFailure("out of memory: \(rounded) bytes") }
        return pointer
    }

    /// Releases memory of `byteCount` bytes that `allocate` gave.
    static func free(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
        let rounded = max(64, aligned(byteCount))
        if rounded >= 1 << 20 { munmap(pointer, rounded) } else { Glibc.free(pointer) }
    }
}
