import Foundation
import Glibc

/// Writing files so that what stands under a final name is whole.
enum FileOutput {
    /// Writes `bytes` to `path` and waits until they are on disk.
    static func write(_ bytes: some DataProtocol, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("cannot create", path) }
        defer { close(descriptor) }
        try write(Array(bytes), to: descriptor, path: path)
        guard fsync(descriptor) == 0 else { throw failure("cannot write", path) }
    }

    /// Appends to an open file.
    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot write \(bytes.count - written) bytes to", path) }
            written += count
        }
    }

    /// Makes a change of names in a folder durable.
    static func synchronize(folder path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot synchronize", path) }
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw TrainingError(
                .output, "cannot create folder \(path): \(reason(error)); choose another with --output")
        }
    }

    /// Renames a folder or file, replacing nothing.
    static func move(_ from: String, to: String) throws {
        guard rename(from, to) == 0 else { throw failure("cannot rename \(from) to", to) }
    }

    private static func failure(_ what: String, _ path: String) -> TrainingError {
        TrainingError(.io, "\(what) \(path): \(String(cString: strerror(errno)))")
    }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        if let underlying, underlying.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(underlying.code)))
        }
        return "not possible here"
    }
}
