import Foundation
import MPI

/// Which cores the processes may use, by affinity and by the container's quota.
enum AllowedCores {
    /// The cores that the ranks of one node may use together: the union of their affinities, at most the quota.
    static func ofNode(_ node: Communicator) throws -> Int {
        let union = try node.allReduce(affinity(), .bitwiseOr)
        let cores = union.map { $0.nonzeroBitCount }.reduce(0, +)
        return max(1, min(cores, try node.allReduce(quota(), .min)))
    }

    /// One bit per core this process may run on, from the system's `Cpus_allowed` mask; at most 1,024 cores.
    static func affinity() -> [UInt64] {
        var words = Array(repeating: UInt64(0), count: 16)
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") } ?? ""
        // Groups of 32 bits in hexadecimal, the lowest last.
        let groups = line.dropFirst("Cpus_allowed:".count).split { $0 == "," || $0.isWhitespace }
        for (place, group) in groups.reversed().enumerated() where place < 32 {
            words[place / 2] |= (UInt64(group, radix: 16) ?? 0) << UInt64(32 * (place % 2))
        }
        return words
    }

    /// Whole cores of the control groups' CPU quotas, at least one; `Int.max` without a quota.
    private static func quota() -> Int {
        ControlGroups().cores.map { max(1, Int(min($0, 1e6))) } ?? .max
    }
}
