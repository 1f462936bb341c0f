import Foundation

/// Finds the data files of a finished run, whose configuration has absolute paths, in another folder.
///
/// A root may be the folder that all files were in, one above it, or one with all files in it: of /old/set/train/x.npy and
/// /old/set/test/x.npy, with the root /new, the places to look for the first are /new/train/x.npy (below the common folder),
/// /new/set/train/x.npy, and /new/old/set/train/x.npy. /new/x.npy is none, since both files would be that.
struct MovedFiles {
    /// The absolute path of the folder that they are in now.
    let root: String
    /// The absolute paths that all of them had.
    let paths: [String]

    /// Where a file is now: the first path that exists of those that keep its part below the common folder, a longer end of
    /// its path, or a shorter end that no other file shares. Where none exists, the first of them, for an error to name.
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

    /// How many folders from the top all files have in common, the file's own name not counted.
    private func commonFolder(with parts: [Substring]) -> Int {
        paths.map(Self.parts).reduce(parts.count - 1) { common, other in
            min(common, other.count - 1, zip(parts, other).prefix { $0 == $1 }.count)
        }
    }

    /// The names that a path is made of.
    private static func parts(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }
}
