import Glibc

/// The processes of one session: a command and everything it started, also after they changed their group.
package struct ProcessSession: Sendable {
    /// The session's number, which is the process id of the command that leads it.
    package let id: Int32

    /// The session that a process leads.
    package init(id: Int32) { self.id = id }

    /// Ids of its living processes in ascending order; zombies do not count.
    package func members() -> [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found = [Int32]()
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let pid = name.flatMap({ Int32($0) }), isAliveMember(pid) else { continue }
            found.append(pid)
        }
        return found.sorted()
    }

    /// Sends a signal to each living process of the session.
    package func signal(_ number: Int32) {
        for pid in members() { kill(pid, number) }
    }

    // /proc/PID/stat is "PID (name) state parent group session ...", and the name may hold anything.
    private func isAliveMember(_ pid: Int32) -> Bool {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return false }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        guard let nameEnd = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return false }
        let fields = String(decoding: bytes[(nameEnd + 1)..<count], as: UTF8.self).split(separator: " ")
        return fields.count > 3 && fields[0] != "Z" && fields[3] == String(id)
    }
}
