import Foundation

/// The control groups that this process is in, of version 1 and 2, and their parents, whose limits count too.
package struct ControlGroups: Sendable {
    /// A mounted file system of control groups, and the part of the tree that it shows.
    private struct Mount {
        let top: String
        let point: String
        /// Empty for version 2, which has all controllers in one tree.
        let controllers: Set<Substring>
    }

    /// A group's folder, and the version whose file names it has.
    package struct Folder: Sendable, Equatable {
        package let path: String
        package let isVersion1: Bool
    }

    private let root: String
    /// The process's group in each tree.
    private let groups: [(controllers: Set<Substring>, path: String)]
    private let mounts: [Mount]

    /// The groups of this process.
    ///
    /// - Parameter root: A prefix of all paths, so that tests can write a tree of their own.
    package init(root: String = "") {
        self.root = root
        groups = ProcessFiles.lines(of: root + "/proc/self/cgroup").compactMap { line in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            return (Set(fields[1].split(separator: ",").map { Substring(String($0)) }), String(fields[2]))
        }
        mounts = ProcessFiles.lines(of: root + "/proc/self/mountinfo").compactMap { line in
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash > 5, fields.count > dash + 3 else { return nil }
            let options = fields[dash + 3].split(separator: ",").map { Substring(String($0)) }
            switch fields[dash + 1] {
            case "cgroup2": return Mount(top: String(fields[3]), point: String(fields[4]), controllers: [])
            case "cgroup":
                return Mount(top: String(fields[3]), point: String(fields[4]), controllers: Set(options))
            default: return nil
            }
        }
    }

    /// The folders that may hold limits of a controller: the process's own first, then its parents.
    package func folders(_ controller: String) -> [Folder] {
        groups.flatMap { group -> [Folder] in
            let isVersion1 = !group.controllers.isEmpty
            guard !isVersion1 || group.controllers.contains(Substring(controller)) else { return [] }
            let mount = mounts.first {
                isVersion1 ? $0.controllers.contains(Substring(controller)) : $0.controllers.isEmpty
            }
            guard let mount else { return [] }
            return Self.nested(group.path, below: mount.top).map {
                Folder(path: mount.point + $0, isVersion1: isVersion1)
            }
        }
    }

    /// The content of a group's file; nil if it does not exist.
    package func text(_ folder: Folder, _ file: String) -> String? {
        try? String(contentsOfFile: "\(root)\(folder.path)/\(file)", encoding: .utf8)
    }

    /// A file's number; nil if it has none, as for "max".
    package func number(_ folder: Folder, _ file: String) -> Int? {
        text(folder, file).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// The path and its parents below `top`, the longest first, relative to the mount.
    private static func nested(_ path: String, below top: String) -> [String] {
        let names = path.split(separator: "/")
        let shown = top.split(separator: "/")
        // A container may show a different part of the tree from the one in which the kernel names the group.
        guard names.starts(with: shown), !names.contains("..") else { return [""] }
        let rest = names.dropFirst(shown.count)
        return (0...rest.count).reversed().map { count in rest.prefix(count).map { "/\($0)" }.joined() }
    }
}
