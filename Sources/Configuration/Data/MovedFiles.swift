import Foundation

/// Finds the data files of a finished run, whose configuration has absolute paths, in another folder.
///
/// The root may be the folder that all files were in, one above it, or one that now holds all files directly. For
/// /old/set/train/x.npy and /old/set/test/x.npy with the root /new, the first file is looked for at /new/train/x.npy
/// (its path below the common folder), /new/set/train/x.npy and /new/old/set/train/x.npy. Never at /new/x.npy, which
/// could be either file.
struct MovedFiles {
    /// The absolute path of the folder to which they were moved.
    let root: String
    /// The absolute paths of all files before.
    let paths: [String]

    /// The new path of a file: the first that exists with its part below the common folder, a longer end of its path,
    /// or a shorter end that no other file shares. If none exists, the first of them, for the error message.
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

    /// The number of folders from the top that all files have in common, without the file's own name.
    private func commonFolder(with parts: [Substring]) -> Int {
        paths.map(Self.parts).reduce(parts.count - 1) { common, other in
            min(common, other.count - 1, zip(parts, other).prefix { $0 == $1 }.count)
        }
    }

    private static func parts(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }
}
