import Glibc
import Synchronization

/// Zeroed private memory, aligned to 64 bytes; pages take memory when they are first written.
package enum PrivateMemory {
    /// Bytes that are allocated, whether they take memory yet or not. One number for the process, as the limits are.
    package static let promised = Atomic<Int>(0)

    /// `byteCount` rounded up to a multiple of 64, so that whatever follows starts on a new cache line.
    package static func aligned(_ byteCount: Int) -> Int { (byteCount + 63) / 64 * 64 }

    /// Allocates `byteCount` bytes.
    ///
    /// - Parameters:
    ///   - use: What the memory is for, in error messages.
    ///   - reserve: Bytes of address space, if that is limited, that must stay free for libraries.
    package static func allocate(
        _ byteCount: Int, for use: ResourceUse, reserve: Int = ProcessLimits.reserve
    ) throws(ResourceError) -> UnsafeMutableRawPointer {
        var pointer: UnsafeMutableRawPointer?
        let rounded = max(64, aligned(byteCount))
        // Large memory comes from fresh pages, which the system has zeroed.
        if rounded >= largeBytes {
            guard ProcessLimits.hasRoom(for: rounded, reserve: reserve) else {
                throw ResourceError.memory(byteCount, for: use, reserve: reserve)
            }
            let pages = mmap(
                nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            pointer = pages == MAP_FAILED ? nil : pages
            if let pointer, rounded >= hugeBytes { madvise(pointer, rounded, MADV_HUGEPAGE) }
        } else if posix_memalign(&pointer, 64, rounded) == 0 {
            pointer?.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
        }
        guard let pointer else { throw ResourceError.memory(byteCount, for: use, reserve: reserve) }
        promised.wrappingAdd(rounded, ordering: .relaxed)
        return pointer
    }

    /// Releases memory of `byteCount` bytes that `allocate` gave.
    package static func free(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
        let rounded = max(64, aligned(byteCount))
        promised.wrappingSubtract(rounded, ordering: .relaxed)
        if rounded >= largeBytes { munmap(pointer, rounded) } else { Glibc.free(pointer) }
    }

    private static let largeBytes = 1 << 20
    /// From here on memory asks for huge pages, so that walks through it take fewer look-ups of addresses: a tenth of the time
    /// of training on activations far larger than caches.
    private static let hugeBytes = 1 << 25
}
