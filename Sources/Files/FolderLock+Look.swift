import Glibc

extension FolderLock {
    /// Whether a run holds `folder`, according to its lease. Takes no lock, so that looking never keeps out a run that
    /// is about to start.
    ///
    /// A lease of this machine counts while its process exists, one of another machine while it is renewed. A run whose
    /// disk had no room for a lease is not seen.
    package static func isHeld(_ folder: String, times: LockTimes = LockTimes()) -> Bool {
        let file = LeaseFile(folder: folder)
        guard let content = try? file.read(), let owner = LeaseRecord(content)?.owner, !owner.isGone else {
            return false
        }
        if !owner.machine.isEmpty, owner.machine == ProcessIdentity.own.machine { return true }
        var status = stat()
        guard stat(file.path, &status) == 0 else { return false }
        return Double(time(nil) - status.st_mtim.tv_sec) <= times.expiry
    }
}
