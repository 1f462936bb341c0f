import Glibc

/// The lease of a folder: a file that its owner renews, and that another may take once that has ceased.
struct LeaseFile: Sendable {
    /// The file.
    let path: String
    /// Held, by existing, by the one that replaces an expired lease.
    private var claimPath: String { "\(path)-claim" }

    /// The lease of a folder.
    init(folder: String) { path = "\(folder)/.lease" }

    /// Its content now; nil where there is no such file.
    ///
    /// It is opened anew each time: network file systems look for the newest content where a file is opened.
    func read() throws(SystemError) -> [UInt8]? { try Self.content(path) }

    /// What stands in the way of replacing an expired lease; nil where nothing does.
    func readClaim() throws(SystemError) -> [UInt8]? { try Self.content(claimPath) }

    /// Removes a claim whose maker was gone before it could.
    func removeClaim() { unlink(claimPath) }

    /// Makes the file, unless there is one.
    ///
    /// - Returns: The open file; nil where another was quicker.
    func create(_ record: LeaseRecord) throws(SystemError) -> Int32? {
        try Self.create(path, record)
    }

    /// Puts `record` in the place of a lease that is `expired`, if it still is when nobody else does the same.
    ///
    /// Of several that find a lease expired one makes the claim; it looks again, so that what a late one saw does not
    /// count. Whoever was still slower notices by the token.
    /// - Returns: The open file; nil where another was quicker.
    func replace(_ expired: [UInt8], with record: LeaseRecord) throws(SystemError) -> Int32? {
        guard let claim = try Self.create(claimPath, record) else { return nil }
        close(claim)
        defer { unlink(claimPath) }
        guard try read() == expired else { return nil }
        let temporary = "\(path)-\(record.token).tmp"
        guard let descriptor = try Self.create(temporary, record) else { return nil }
        guard rename(temporary, path) == 0 else {
            let error = SystemError()
            // Over a network the answer to a rename that was made may be lost, and the repeated one fails.
            if (try? read()) == record.bytes { return descriptor }
            unlink(temporary)
            close(descriptor)
            // The one that has the folder by now removes what others have left.
            if error.code == ENOENT { return nil }
            throw error
        }
        return descriptor
    }

    /// Writes `record` over the file that `descriptor` has open, which another run may have taken the name of.
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
