import Foundation
import Glibc

/// The files that are mapped into memory by a user's living processes, and by all others that can be inspected.
struct MappedFiles {
    private var inodes: Set<UInt> = []

    /// Reads the maps of all processes; nil if one of the user's own cannot be read.
    init?(user: UInt32) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let processes = names.compactMap { Int32($0) }
        guard !processes.isEmpty else { return nil }
        for process in processes {
            var status = stat()
            guard stat("/proc/\(process)", &status) == 0 else { continue }
            guard let file = fopen("/proc/\(process)/maps", "r") else {
                // Only the user's processes can map the user's segments, so other users' may stay unknown. The first
                // process of a container often has more rights than others and hides its maps.
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

    /// Whether a file may be mapped: one with its inode number is, on any device.
    func contains(_ status: stat?) -> Bool { status.map { inodes.contains(UInt($0.st_ino)) } ?? false }
}
