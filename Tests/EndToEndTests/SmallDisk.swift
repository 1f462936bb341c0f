import Foundation
import ProcessSupport
import Testing

/// A file system in memory of a few hundred kilobytes; needs root.
enum SmallDisk {
    /// Whether file systems can be mounted here.
    static let isPossible: Bool = {
        let script =
            "d=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs $d && umount $d; c=$?; rmdir $d; exit $c"
        return (try? ProcessRun.run("bash", ["-c", script], timeLimit: Promptness.patience))?.exitCode == 0
    }()

    /// Mounts one in the folder of `data` while `body` runs, which may mount it again with other options.
    static func with(
        kilobytes: Int, _ data: TestData,
        _ body: (_ path: String, _ remount: (String) throws -> Void) throws -> Void
    ) throws {
        let path = data.path("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        func command(_ name: String, _ arguments: [String]) throws {
            let result = try ProcessRun.run(name, arguments, timeLimit: Promptness.patience)
            try #require(result.exitCode == 0, "\(result)")
        }
        try command("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
        defer { _ = try? ProcessRun.run("umount", ["-l", path], timeLimit: Promptness.patience) }
        try body(path) { try command("mount", ["-o", "remount,\($0)", path]) }
    }
}
