import Glibc

/// A process, described so that others of the same machine and namespace of process ids can tell whether it is gone.
struct ProcessIdentity: Sendable, Equatable {
    /// The host's name, for people.
    let host: String
    /// The process, by its id in its own namespace.
    let id: Int32
    /// When it started, in the kernel's ticks, because ids are used again; 0 if unknown.
    let start: UInt64
    /// The machine since its last boot, and the namespace of `id`; empty if unknown.
    let machine: String

    init(host: String, id: Int32, start: UInt64, machine: String) {
        self.host = host
        self.id = id
        self.start = start
        self.machine = machine
    }

    static var own: ProcessIdentity {
        var name = [UInt8](repeating: 0, count: 65)
        let hasName = name.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { gethostname($0, bytes.count - 1) == 0 }
                ?? false
        }
        let length = hasName ? name.firstIndex(of: 0) ?? 0 : 0
        let id = getpid()
        return ProcessIdentity(
            host: word(name[..<length]), id: id, start: state(ofProcess: id)?.start ?? 0, machine: ownMachine)
    }

    /// Whether the process has certainly ended; false where this process cannot tell.
    var isGone: Bool {
        guard !machine.isEmpty, machine == Self.ownMachine, start > 0 else { return false }
        guard let now = Self.state(ofProcess: id) else { return kill(id, 0) != 0 && errno == ESRCH }
        // A zombie holds nothing any more.
        return now.start != start || now.isZombie
    }

    private static var ownMachine: String {
        var link = [UInt8](repeating: 0, count: 64)
        let count = link.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map {
                readlink("/proc/self/ns/pid", $0, bytes.count)
            } ?? -1
        }
        guard let boot = content("/proc/sys/kernel/random/boot_id"), count > 0 else { return "" }
        return word(boot[...]) + "/" + word(link[..<count])
    }

    /// /proc/PID/stat is "PID (name) state parent ...", where field 22 is the start and the name may hold any
    /// character.
    private static func state(ofProcess id: Int32) -> (isZombie: Bool, start: UInt64)? {
        guard let stat = content("/proc/\(id)/stat"), let end = stat.lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let start = UInt64(String(decoding: fields[19], as: UTF8.self)) else {
            return nil
        }
        return (isZombie: "ZX".utf8.contains(fields[0].first ?? 0), start: start)
    }

    private static func content(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    /// The visible ASCII characters, so that the text is one word of a line.
    private static func word(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.filter { $0 > 0x20 && $0 < 0x7f }, as: UTF8.self)
    }
}
