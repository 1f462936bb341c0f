import Files
import Foundation
import Messages

/// A text file that gets its name when it is complete, or standard output; devices and pipes are written directly.
package final class TextOutput {
    private let handle: FileHandle
    private let path: String?
    /// The temporary file; nil if the text is written directly.
    private let temporary: String?
    private var isUnread = false
    private var isFinished = false

    /// Opens `path`, or standard output for nil.
    package init(path: String?) throws {
        self.path = path
        guard let path else {
            handle = .standardOutput
            temporary = nil
            return
        }
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        temporary = isSpecial ? nil : "\(path).\(ProcessInfo.processInfo.processIdentifier).tmp"
        let flags = O_WRONLY | O_CLOEXEC | (isSpecial ? 0 : O_CREAT | O_TRUNC)
        let descriptor = open(temporary ?? path, flags, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    deinit {
        if let temporary, !isFinished { unlink(temporary) }
    }

    /// The error that a file cannot be created, with advice.
    private static func failure(_ path: String) -> TrainingError {
        let error = SystemError()
        let folder = PathParts.folder(of: path)
        let advice =
            switch error.code {
            case ENOENT where !folder.isEmpty && access(folder, F_OK) != 0:
                "make the folder with mkdir -p \(ShellWord.quoted(folder)), or choose another file with --output"
            case ENOSPC, EDQUOT: "make room there, or choose another file with --output"
            default: "choose another file with --output"
            }
        return TrainingError(.output, "cannot create \(path): \(error): \(advice)")
    }

    /// Adds text; stops quietly if the reader of standard output has gone.
    package func append(_ text: String) throws {
        guard !isUnread else { return }
        do { try handle.write(contentsOf: Data(text.utf8)) } catch {
            if path == nil, Self.isClosedPipe(error) {
                isUnread = true
                return
            }
            throw Self.unwritten(path, error)
        }
    }

    private static func isClosedPipe(_ error: any Error) -> Bool { code(of: error) == EPIPE }

    /// The system's error number; nil if the error has none.
    private static func code(of error: any Error) -> Int32? {
        if let error = error as? SystemError { return error.code }
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        return cause.domain == NSPOSIXErrorDomain ? Int32(exactly: cause.code) : nil
    }

    private static func unwritten(_ path: String?, _ error: any Error) -> TrainingError {
        let reason = code(of: error).map { ": \(SystemError($0))" } ?? ""
        return TrainingError(.io, "cannot write \(path ?? "standard output")\(reason)")
    }

    /// Adds the last text and gives the file its final name.
    package func finish(_ text: String = "") throws {
        try append(text)
        guard let path, let temporary else { return }
        do {
            try DurableFile.flush(handle.fileDescriptor)
            try handle.close()
        } catch {
            throw Self.unwritten(path, error)
        }
        guard rename(temporary, path) == 0 else { throw Self.failure(path) }
        isFinished = true
    }
}
