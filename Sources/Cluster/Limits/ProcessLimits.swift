import CSignals
import Foundation
import Glibc
import Messages

/// What the system allows this process, by the process's own limits and those of its control groups.
package enum ProcessLimits {
    /// Bytes of address space, if that is limited, that stay free for libraries and Swift's own values: the process
    /// ends when these get no memory.
    static let reserve = 16 << 20
    /// The same for memory that had room when the run started: by now libraries have taken some of the reserve.
    package static let reserveOfForeseen = reserve / 2

    /// Whether this process's address space is limited.
    static let isAddressSpaceLimited = !addressSpace().isEmpty

    /// The limits of address space, in bytes.
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

    /// All limits of memory, in bytes, and what the machine has left.
    package static func memory() -> [ResourceLimit] { addressSpace() + machineMemory() }

    /// The limits of memory, in bytes, that are not checked when memory is allocated: a process that uses more is
    /// killed.
    package static func machineMemory() -> [ResourceLimit] {
        let machine = status("/proc/meminfo")("MemAvailable").map {
            ResourceLimit(
                left: $0 * 1024 + swapLeft, name: "this machine has \(ResourceLimit.amount($0 * 1024)) left",
                cure: "use a machine with more")
        }
        return ControlGroups().memory + [machine].compactMap { $0 }
    }

    /// The limits of the number of threads.
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

    /// The machine's free swap space, in bytes.
    static let swapLeft = (status("/proc/meminfo")("SwapFree") ?? 0) * 1024

    /// Whether the limits leave `byteCount` bytes of address space besides `reserve`.
    static func hasRoom(for byteCount: Int, reserve: Int = reserve) -> Bool {
        guard isAddressSpaceLimited else { return true }
        let pages = mmap(
            nil, byteCount + reserve, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
            0)
        guard let pages, pages != MAP_FAILED else { return false }
        munmap(pages, byteCount + reserve)
        return true
    }

    /// Throws unless MPI can start, which with too little memory or too few threads prints pages of text or hangs.
    ///
    /// - Parameters:
    ///   - isLaunched: Whether a launcher started this process.
    ///   - localRanks: Ranks on this node; each maps some memory of every other.
    package static func requireRoomForMPI(isLaunched: Bool, localRanks: Int) throws(ResourceError) {
        let use = ResourceUse.start(ranks: localRanks)
        if isAddressSpaceLimited {
            dt_limit_arenas()
            let needed = bytesOfMPI + bytesOfNeighbour * localRanks
            if let limit = addressSpace().first(where: { $0.left < needed }) {
                throw ResourceError.memory(needed, for: use, limit: limit)
            }
        }
        // Starting the threads checks all limits at once.
        try PosixThread.tryOut(isLaunched ? threadsOfRank : threadsAlone, for: use)
    }

    /// Address space that Open MPI 4.1 and a small run take besides the program, measured.
    private static let bytesOfMPI = 96 << 20
    /// Address space for the memory of another rank of the node.
    private static let bytesOfNeighbour = 8 << 20
    /// Threads of a rank besides the first, for Open MPI 4.1, the watchdog and a checkpoint.
    private static let threadsOfRank = 5
    /// Without a launcher Open MPI starts a daemon, with threads of its own.
    private static let threadsAlone = 10

    // MARK: Reading

    /// The soft limit of a resource; nil without a limit.
    private static func limit(_ resource: Int32) -> Int? {
        var value = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(resource)), &value) == 0, value.rlim_cur < 1 << 62 else {
            return nil
        }
        return Int(value.rlim_cur)
    }

    /// Whether the limit of processes counts: root, and users with the capability, may exceed it.
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

    /// Makes a function that looks up lines such as "Name:   123 kB" of a file.
    private static func status(_ path: String) -> (String) -> Int? {
        let lines = ProcessFiles.lines(of: path)
        return { name in
            let words = lines.first { $0.hasPrefix("\(name):") }?.split(whereSeparator: \.isWhitespace)
            return words.flatMap { $0.count > 1 ? Int($0[1]) : nil }
        }
    }
}
