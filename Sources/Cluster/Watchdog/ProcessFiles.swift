import Foundation
import Glibc

/// What the system tells of processes and threads in files.
enum ProcessFiles {
    /// The names in a folder that are numbers: of processes, threads or open files.
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

    /// The lines of a file; none where it cannot be read.
    static func lines(of path: String) -> [Substring] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    /// The name of the process or thread in whose folder `stat` stands, and the fields behind it, the first of which is its
    /// state; nil where there is none.
    static func status(_ folder: String) -> (name: String, fields: [Substring])? {
        let file = open("\(folder)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &bytes, bytes.count)
        // "PID (name) state ...", and the name may hold anything.
        guard count > 0, let start = bytes[..<count].firstIndex(of: UInt8(ascii: "(")),
            let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return (
            String(decoding: bytes[(start + 1)..<end], as: UTF8.self),
            String(decoding: bytes[(end + 1)..<count], as: UTF8.self).split(separator: " ")
        )
    }
}
