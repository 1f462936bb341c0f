import Files
import Foundation
import Training

/// A text file that appears under its name when it is whole, or standard output; a device or a pipe is written as it is.
final class TextOutput {
    private let handle: FileHandle
    private let path: String?
    /// Where the text is until it is whole; nil where it goes to its place at once.
    private let temporary: String?
    private var isUnread = false

    /// Opens `path`, or standard output for nil.
    init(path: String?) throws {
        self.path = path
        guard let path else {
            handle = .standardOutput
            temporary = nil
            return
        }
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        temporary = isSpecial ? nil : "\(path).\(ProcessInfo.processInfo.processIdentifier).tmp"
        guard temporary.map({ FileManager.default.createFile(atPath: $0, contents: nil) }) ?? true,
            let opened = FileHandle(forWritingAtPath: temporary ?? path)
        else { throw TrainingError(.output, "cannot create \(path): choose another file with --output") }
        handle = opened
    }

    /// Adds text; a reader of standard output may have seen enough and gone.
    func append(_ text: String) throws {
        guard !isUnread else { return }
        do { try handle.write(contentsOf: Data(text.utf8)) } catch {
            if path == nil, Self.isClosedPipe(error) {
                isUnread = true
                return
            }
            if let temporary { try? FileManager.default.removeItem(atPath: temporary) }
            throw TrainingError(.io, "cannot write \(path ?? "standard output")")
        }
    }

    private static func isClosedPipe(_ error: any Error) -> Bool {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        return cause.domain == NSPOSIXErrorDomain && cause.code == Int(EPIPE)
    }

    /// Adds the last text and gives the file its name.
    func finish(_ text: String = "") throws {
        try append(text)
        guard let path, let temporary else { return }
        do {
            try DurableFile.flush(handle.fileDescriptor)
            try handle.close()
        } catch {
            throw TrainingError(.io, "cannot write \(path)")
        }
        guard rename(temporary, path) == 0 else { throw TrainingError(.output, "cannot create \(path)") }
    }
}
