import CSignals
import Foundation
import Glibc
import Messages

/// What the system lets this process have, by its own limits and those of its control groups.
package enum ProcessLimits {
    /// Bytes of address space that stay free for what libraries and Swift's own values take, where it is limited: what
    /// they cannot have ends the process.
    static let reserve = 16 << 20
    /// The same for what was found to have room at the start: by then libraries have taken some of it.
    package static let reserveOfForeseen = reserve / 2

    /// Whether the address space is limited, as far as processes are limited one by one.
    static let isAddressSpaceLimited = !addressSpace().isEmpty

    /// Address space in bytes.
    package static func addressSpace() -> [ResourceLimit] {
        let used = status("/proc/self/status")
        return [
            (Int32(RLIMIT_AS.rawValue), "VmSize", "the address space", "ulimit -v"),
            (Int32(RLIMIT_DATA.rawValue), "VmData", "private memory", "ulimit -d"),
        ].compactMap { resource, name, what, command in
            guard let most = limit(resource), let used = used(name) else { return nil }
            return ResourceLimit(
                left: most - used * 1024,
                name: "\(what) is limited to \(ResourceLimit.amount(most)) (\(command))",
                cure: "raise it (\(command) unlimited)", keepsReserve: true)
        }
    }

    /// Memory in bytes, by every limit there is, and by what the machine has left.
    package static func memory() -> [ResourceLimit] { addressSpace() + machineMemory() }

    /// Memory in bytes by limits that are not looked at when memory is handed out: who uses more is killed.
    package static func machineMemory() -> [ResourceLimit] {
        let machine = status("/proc/meminfo")("MemAvailable").map {
            ResourceLimit(
                left: $0 * 1024 + swapLeft, name: "this machine has \(ResourceLimit.amount($0 * 1024)) left",
                cure: "use a machine with more")
        }
        return ControlGroups().memory + [machine].compactMap { $0 }
    }

    /// Threads.
    package static func threads() -> [ResourceLimit] {
        var limits = ControlGroups().threads
        if countsProcesses, let most = limit(Int32(__RLIMIT_NPROC.rawValue)) {
            let used = threadsOfUser()
            limits.append(
                ResourceLimit(
                    left: most - used,
                    name: "this user has \(used) of at most \(most) threads and processes (ulimit -u)",
                    cure: "raise it or end some"))
        }
        if let text = try? String(contentsOfFile: "/proc/sys/kernel/threads-max", encoding: .utf8),
            let most = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        {
            limits.append(
                ResourceLimit(
                    left: most,
                    name: "this machine has at most \(counted(most, "thread")) (kernel.threads-max)",
                    cure: "raise it"))
        }
        return limits
    }

    /// Swap space of the machine that nobody uses, in bytes.
    static let swapLeft = (status("/proc/meminfo")("SwapFree") ?? 0) * 1024

    /// Whether limits leave this much address space over `reserve`, what the libraries may need.
    static func hasRoom(for byteCount: Int, reserve: Int = reserve) -> Bool {
        guard isAddressSpaceLimited else { return true }
        let pages = mmap(
            nil, byteCount + reserve, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
            0)
        guard let pages, pages != MAP_FAILED else { return false }
        munmap(pages, byteCount + reserve)
        return true
    }

    /// Throws unless MPI can start: it answers too little memory or too few threads with pages of text, or not at all.
    ///
    /// - Parameters:
    ///   - isLaunched: Whether a launcher started this process.
    ///   - localRanks: Ranks on this node; each maps something of every other.
    package static func requireRoomForMPI(isLaunched: Bool, localRanks: Int) throws(ResourceError) {
        let use = ResourceUse.start(ranks: localRanks)
        if isAddressSpaceLimited {
            dt_limit_arenas()
            let needed = bytesOfMPI + bytesOfNeighbour * localRanks
            if let limit = addressSpace().first(where: { $0.left < needed }) {
                throw ResourceError.memory(needed, for: use, limit: limit)
            }
        }
        // Trying them out asks all limits at once.
        try PosixThread.tryOut(isLaunched ? threadsOfRank : threadsAlone, for: use)
    }

    /// Address space that Open MPI 4.1 and a small run take beside the program, measured.
    private static let bytesOfMPI = 96 << 20
    /// Address space for the memory of another rank of the node.
    private static let bytesOfNeighbour = 8 << 20
    /// Threads of a rank that Open MPI 4.1, the watchdog and a checkpoint take beside the first.
    private static let threadsOfRank = 5
    /// Without a launcher Open MPI starts a daemon, with threads of its own.
    private static let threadsAlone = 10

    // MARK: Reading

    /// The soft limit of a resource; nil where there is none.
    private static func limit(_ resource: Int32) -> Int? {
        var value = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(resource)), &value) == 0, value.rlim_cur < 1 << 62 else {
            return nil
        }
        return Int(value.rlim_cur)
    }

    /// The kernel lets root, and whoever may administer the system, have more than the limit.
    private static var countsProcesses: Bool {
        guard getuid() != 0 else { return false }
        let line = ProcessFiles.lines(of: "/proc/self/status").first { $0.hasPrefix("CapEff:") } ?? ""
        let mask = line.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) } ?? 0
        let (administrator, resources) = (UInt64(1) << 21, UInt64(1) << 24)
        return mask & (administrator | resources) == 0
    }

    private static func threadsOfUser() -> Int {
        ProcessFiles.numbers(in: "/proc").reduce(0) { sum, process in
            let lines = ProcessFiles.lines(of: "/proc/\(process)/status")
            let owner = lines.first { $0.hasPrefix("Uid:") }?.split(whereSeparator: \.isWhitespace)
            guard let owner, owner.count > 1, owner[1] == "\(getuid())" else { return sum }
            let count = lines.first { $0.hasPrefix("Threads:") }?.split(whereSeparator: \.isWhitespace).last
            return sum + (count.flatMap { Int($0) } ?? 1)
        }
    }

    /// Looks up "Name:   123 kB" lines of a file.
    private static func status(_ path: String) -> (String) -> Int? {
        let lines = ProcessFiles.lines(of: path)
        return { name in
            let words = lines.first { $0.hasPrefix("\(name):") }?.split(whereSeparator: \.isWhitespace)
            return words.flatMap { $0.count > 1 ? Int($0[1]) : nil }
        }
    }
}
