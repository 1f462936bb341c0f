import Files
import Glibc
import Messages

/// A regular file that is open for reading, with its size.
package final class ReadableFile: Sendable {
    /// The file's size in bytes when it was opened.
    package var size: Int { file.size }
    private let path: String
    private let file: RegularFile

    /// Opens the file; throws if there is none or it is not a regular file.
    package init(_ path: String) throws(SafetensorsError) {
        self.path = path
        do { file = try RegularFile(path) } catch {
            switch error {
            case .system(let reason): throw Self.failure(path, reason)
            case .otherKind(let found):
                throw SafetensorsError(.unreadable, path: path, expected: "a regular file", found: found)
            }
        }
    }

    /// `count` bytes from `offset`; throws if the file ends before them or memory cannot hold them.
    package func bytes(_ count: Int, at offset: Int) throws(SafetensorsError) -> [UInt8] {
        precondition(count >= 0 && offset >= 0, "\(count) bytes at \(offset)")
        // A sparse file can be larger than any memory, and an array that does not fit ends the process.
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        guard count <= memory else {
            throw SafetensorsError(
                .memory, path: path, expected: "at most this machine's \(memory) bytes",
                found: counted(count, "byte"))
        }
        var failed: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do { filled = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset) } catch {
                failed = error as? SystemError
            }
        }
        if let failed { throw Self.failure(path, failed) }
        guard bytes.count == count else {
            throw SafetensorsError(
                .truncated, path: path, expected: "\(counted(size, "byte")), its size when it was opened",
                found: counted(offset + bytes.count, "byte"))
        }
        return bytes
    }

    private static func failure(_ path: String, _ error: SystemError) -> SafetensorsError {
        SafetensorsError(
            RegularFile.Failure.system(error).isMissing ? .missing : .unreadable, path: path,
            expected: "a readable file", found: error.description.lowercased())
    }
}
