import Foundation
import Glibc

/// The files that living processes of a user, and all others that may be looked at, have mapped into memory.
struct MappedFiles {
    private var inodes: Set<UInt> = []

    /// Reads the maps of all processes; nil if one of the user's own does not show them.
    init?(user: UInt32) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let processes = names.compactMap { Int32($0) }
        guard !processes.isEmpty else { return nil }
        for process in processes {
            var status = stat()
            guard stat("/proc/\(process)", &status) == 0 else { continue }
            guard let file = fopen("/proc/\(process)/maps", "r") else {
                // Segments are their owner's alone: of other users' processes nothing need be known. The first process
                // of a container often has more rights than others and hides its maps.
                if status.st_uid == user, process != 1, errno != ENOENT, errno != ESRCH { return nil }
                continue
            }
            defer { fclose(file) }
            var line: UnsafeMutablePointer<CChar>?
            var capacity = 0
            defer { free(line) }
            while getline(&line, &capacity, file) > 0 {
                guard let text = line.flatMap({ String(validatingCString: $0) }) else { continue }
                // "FROM-TO RIGHTS OFFSET DEVICE INODE PATH"
                let fields = text.split(separator: " ", maxSplits: 5)
                if fields.count > 4,
                    let inode = UInt(fields[4].trimmingCharacters(in: .whitespacesAndNewlines))
                {
                    inodes.insert(inode)
                }
            }
        }
    }

    /// Whether a file may be mapped: one of its number is, on whatever device.
    func contains(_ status: stat?) -> Bool { status.map { inodes.contains(UInt($0.st_ino)) } ?? false }
}
