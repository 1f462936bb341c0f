import Glibc

/// The lease of a folder: a file that its owner renews, and that another run may replace once it is no longer renewed.
struct LeaseFile: Sendable {
    let path: String
    /// While this file exists, the run that made it is replacing an expired lease.
    private var claimPath: String { "\(path)-claim" }

    init(folder: String) { path = "\(folder)/.lease" }

    /// The content now; nil if there is no such file.
    ///
    /// The file is opened anew each time, because network file systems fetch the newest content when a file is opened.
    func read() throws(SystemError) -> [UInt8]? { try Self.content(path) }

    /// The content of the claim of a run that is replacing an expired lease; nil if there is none.
    func readClaim() throws(SystemError) -> [UInt8]? { try Self.content(claimPath) }

    /// Removes a claim whose maker ended before it could remove it.
    func removeClaim() { unlink(claimPath) }

    /// Makes the file, unless there is one.
    ///
    /// - Returns: The open file; nil if there was one.
    func create(_ record: LeaseRecord) throws(SystemError) -> Int32? {
        try Self.create(path, record)
    }

    /// Replaces the lease if its content is still `expired` once this run alone may replace it.
    ///
    /// Of several runs that find a lease expired one makes the claim file. It reads the lease again, because another
    /// may have replaced it before. A run that was slower still finds that the token is not its own.
    ///
    /// - Returns: The open file; nil if another run was quicker.
    func replace(_ expired: [UInt8], with record: LeaseRecord) throws(SystemError) -> Int32? {
        guard let claim = try Self.create(claimPath, record) else { return nil }
        close(claim)
        defer { unlink(claimPath) }
        guard try read() == expired else { return nil }
        let temporary = "\(path)-\(record.token).tmp"
        guard let descriptor = try Self.create(temporary, record) else { return nil }
        guard rename(temporary, path) == 0 else {
            let error = SystemError()
            // A network may lose the answer to a rename that succeeded; the repeated rename then fails.
            if (try? read()) == record.bytes { return descriptor }
            unlink(temporary)
            close(descriptor)
            // The run that has the folder by now may have removed this file as a leftover.
            if error.code == ENOENT { return nil }
            throw error
        }
        return descriptor
    }

    /// Writes `record` over the open file, in whose place another run may have put its own by now.
    static func write(_ record: LeaseRecord, to descriptor: Int32) throws(SystemError) {
        let bytes = record.bytes
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else { throw SystemError() }
        // Closing any descriptor of a file sends what was written to the server of a network file system.
        let copy = dup(descriptor)
        guard copy < 0 || close(copy) == 0 else { throw SystemError() }
    }

    private static func create(_ path: String, _ record: LeaseRecord) throws(SystemError) -> Int32? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST { return nil }
            throw SystemError()
        }
        do { try write(record, to: descriptor) } catch {
            unlink(path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func content(_ path: String) throws(SystemError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError()
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw SystemError() }
        return Array(bytes[..<count])
    }

    private static let longest = 1024
}
