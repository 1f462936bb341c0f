import Glibc
import Messages

/// Owned memory, aligned to 64 bytes and freed with the last reference.
final class AlignedMemory: @unchecked Sendable {
    /// The start of the memory, which is filled before the owner is shared.
    let base: UnsafeMutableRawPointer
    let bytes: UnsafeMutableRawBufferPointer

    /// Allocates `count` bytes; throws, rather than traps, if there is not that much memory.
    init(count: Int, for path: String) throws(DataError) {
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, 64, max(count, 64)) == 0, let memory else {
            throw Self.tooLittle(count, path)
        }
        base = memory
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: count)
    }

    deinit {
        free(base)
    }

    /// Throws if the machine has less memory than that. A sparse file can be larger than any memory, and the system
    /// grants more than it has until a process is killed for using it.
    static func requireRoom(for count: Int, path: String) throws(DataError) {
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        guard count <= memory else { throw tooLittle(count, path) }
    }

    private static func tooLittle(_ count: Int, _ path: String) -> DataError {
        DataError(
            .memory, path: path, expected: "\(counted(count, "byte")) of memory", found: "less",
            advice: "use a machine with more memory or a smaller data set",
            problem: "there is no memory for the \(counted(count, "byte")) of the data set")
    }
}
