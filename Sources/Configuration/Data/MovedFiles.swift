import Foundation

/// Finds the data files of a finished run, whose configuration has absolute paths, in another folder.
struct MovedFiles {
    /// The absolute path of the folder that they are in now.
    let root: String
    /// The absolute paths that all of them had.
    let paths: [String]

    /// Where a file is now: by its part below the folder that all had in common, by a longer part of its path, or by a
    /// shorter one, down to its name, that no other file shares. Where nothing is found, the first of these.
    func place(of path: String) -> String {
        let parts = Self.parts(path)
        guard !parts.isEmpty else { return path }
        let below = parts.count - commonFolder(with: parts)
        func place(_ count: Int) -> String { "\(root)/\(parts.suffix(count).joined(separator: "/"))" }
        let others = paths.map(Self.parts).filter { $0 != parts }
        let shorter = (1..<below).reversed().filter { count in
            !others.contains { $0.suffix(count) == parts.suffix(count) }
        }
        let counts = [below] + Array(below..<parts.count).map { $0 + 1 } + shorter
        return counts.map(place).first { FileManager.default.fileExists(atPath: $0) } ?? place(below)
    }

    /// How many folders from the top all files have in common; a file's own name is none.
    private func commonFolder(with parts: [Substring]) -> Int {
        paths.map(Self.parts).reduce(parts.count - 1) { common, other in
            min(common, other.count - 1, zip(parts, other).prefix { $0 == $1 }.count)
        }
    }

    private static func parts(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }
}
