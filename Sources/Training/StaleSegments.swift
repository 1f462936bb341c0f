import Foundation
import Glibc

/// Shared memory and session folders that Open MPI jobs of one user have left behind on this machine.
///
/// A job that is killed together with its mpirun leaves `/dev/shm/vader_segment.HOST.UID.JOB.RANK`, sometimes
/// `/dev/shm/osc_sm.HOST.JOB.RANK.ID` with a whole window in it, and `/tmp/ompi.HOST.UID/pid.PID`; no later job uses or
/// removes them. Only files are found that belong to one user, to this host, and to a job of which no living process
/// maps anything: nothing of another user's, and nothing that a running or stopped process uses.
package struct StaleSegments: Sendable {
    /// A file or folder that can be removed.
    package struct Item: Sendable, Equatable {
        /// Its path.
        package let path: String
        /// Its bytes; for a folder those of all its files.
        package let byteCount: Int
    }

    /// What can be removed, sorted by path.
    package let items: [Item]

    /// Finds what jobs of `user` have left.
    ///
    /// - Parameters:
    ///   - sharedMemory: The folder of segments.
    ///   - temporary: The folder that contains the session folders' `ompi.HOST.UID`.
    ///   - host: This machine's name, as Open MPI writes it into file names.
    ///   - patience: The age in seconds below which files are left alone: their process may not have mapped them yet.
    package init(
        sharedMemory: String = "/dev/shm", temporary: String = Self.temporaryFolder, host: String = Self.host,
        user: UInt32 = getuid(), patience: Double = 10
    ) {
        // If mapped files cannot be determined, nothing counts as stale.
        guard let mapped = MappedFiles(user: user) else {
            items = []
            return
        }
        let now = Double(time(nil))
        func isOwnAndOld(_ status: stat) -> Bool {
            status.st_uid == user && now - Double(status.st_mtim.tv_sec) >= patience
        }
        var found: [Item] = []
        let segments = Self.names(sharedMemory).compactMap { name in
            Self.job(ofSegment: name, host: host).map { (name: name, job: $0) }
        }
        let statuses = segments.map { Self.status("\(sharedMemory)/\($0.name)", isFolder: false) }
        // One mapped segment protects all segments of its job.
        let living = Set(
            zip(segments, statuses).filter { mapped.contains($1) }.map { segment, _ in segment.job })
        for (segment, status) in zip(segments, statuses) {
            guard let status, isOwnAndOld(status), !living.contains(segment.job) else { continue }
            found.append(Item(path: "\(sharedMemory)/\(segment.name)", byteCount: Int(status.st_size)))
        }
        let sessions = "\(temporary)/ompi.\(host).\(user)"
        for name in Self.names(sessions) {
            let path = "\(sessions)/\(name)"
            guard name.hasPrefix("pid."), let pid = Int32(name.dropFirst(4)), pid > 0,
                let status = Self.status(path, isFolder: true), isOwnAndOld(status),
                kill(pid, 0) != 0, errno == ESRCH
            else { continue }
            let files = (FileManager.default.subpaths(atPath: path) ?? []).compactMap {
                Self.status("\(path)/\($0)", isFolder: false)
            }
            guard !files.contains(where: { mapped.contains($0) }) else { continue }
            found.append(Item(path: path, byteCount: files.reduce(0) { $0 + Int($1.st_size) }))
        }
        items = found.sorted { $0.path < $1.path }
    }

    /// The bytes of all items.
    package var byteCount: Int { items.reduce(0) { $0 + $1.byteCount } }

    /// Removes the items and returns those that are gone.
    package func remove() -> [Item] {
        items.filter { item in
            (try? FileManager.default.removeItem(atPath: item.path)) != nil
        }
    }

    /// This machine's name, without its domain.
    package static var host: String {
        String(ProcessInfo.processInfo.hostName.prefix { $0 != "." })
    }

    /// The folder in which Open MPI makes session folders.
    package static var temporaryFolder: String {
        for name in ["TMPDIR", "TEMP", "TMP"] {
            if let value = getenv(name).flatMap({ String(validatingCString: $0) }), !value.isEmpty {
                return value
            }
        }
        return "/tmp"
    }

    /// The job that a file in shared memory belongs to; nil for any other file, and for another host's.
    private static func job(ofSegment name: String, host: String) -> String? {
        // A host's name may hold dots, so fields are counted from the end.
        for (prefix, fields, place) in [("vader_segment.", 3, 1), ("osc_sm.", 3, 0)]
        where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false)
            guard rest.count > fields, rest[0] == host else { return nil }
            let job = rest[rest.count - fields + place]
            return job.isEmpty || !job.allSatisfy(\.isHexDigit) ? nil : String(job)
        }
        return nil
    }

    private static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// The status of a path, if it is a regular file, or a folder, as asked for; links are not followed.
    private static func status(_ path: String, isFolder: Bool) -> stat? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == (isFolder ? S_IFDIR : S_IFREG) else {
            return nil
        }
        return status
    }
}
