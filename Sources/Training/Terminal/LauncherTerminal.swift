import Glibc
import MPI

/// The terminal on which mpirun shows what a rank on its own host writes.
///
/// Such a rank has a terminal without size as standard output and a pipe as standard error, wherever mpirun's own
/// streams lead; /proc tells where.
struct LauncherTerminal {
    private let path: String

    /// The terminal of a stream; nil if mpirun is not this process's parent, or adds something to the rank's lines.
    init?(of stream: StandardStream) {
        guard LaunchEnvironment.current.launcher == .openMPI, Self.isPassedOn(stream.rawValue) else {
            return nil
        }
        let parent = "/proc/\(getppid())"
        let words = Self.bytes(ofFile: "\(parent)/cmdline").split(separator: 0).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard let program = words.first.map(PathParts.name), Self.programs.contains(program),
            !words.contains(where: { word in Self.otherPlaces.contains { word.hasSuffix($0) } })
        else { return nil }
        path = "\(parent)/fd/\(stream.rawValue)"
    }

    /// The names of mpirun.
    private static let programs = ["mpirun", "mpiexec", "orterun", "prterun"]

    /// The ends of mpirun's options that send lines to files or mark each line.
    private static let otherPlaces = ["output-filename", "tag-output", "timestamp-output", "-xml"]

    /// Whether a descriptor is one that mpirun gives its ranks.
    private static func isPassedOn(_ descriptor: Int32) -> Bool {
        var status = stat()
        return isatty(descriptor) == 1
            || fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    /// The terminal's columns now; nil if it is not a terminal.
    var columns: Int? {
        var status = stat()
        // A pipe or a file must not be opened: that could wait for a reader or change it.
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFCHR else { return nil }
        let descriptor = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return StandardStream.columns(ofDescriptor: descriptor)
    }

    private static func bytes(ofFile path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var all: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &block, block.count), count > 0 { all += block[..<count] }
        return all
    }
}
