import Foundation
import Glibc

/// The files in which the system describes processes and threads.
enum ProcessFiles {
    /// The names in a folder that are numbers, such as those of processes, threads or open files.
    static func numbers(in path: String) -> [Int32] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let number = name.flatMap({ Int32($0) }) { found.append(number) }
        }
        return found
    }

    /// The lines of a file; none if it cannot be read.
    static func lines(of path: String) -> [Substring] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    /// The name of the process or thread whose folder this is, and the fields after the name in its file `stat`, the
    /// first of which is its state; nil if it does not exist.
    static func status(_ folder: String) -> (name: String, fields: [Substring])? {
        let file = open("\(folder)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &bytes, bytes.count)
        // The line is "PID (name) state ...", where the name may hold any character.
        guard count > 0, let start = bytes[..<count].firstIndex(of: UInt8(ascii: "(")),
            let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return (
            String(decoding: bytes[(start + 1)..<end], as: UTF8.self),
            String(decoding: bytes[(end + 1)..<count], as: UTF8.self).split(separator: " ")
        )
    }
}
