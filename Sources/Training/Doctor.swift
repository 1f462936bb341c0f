import CKernels
import COneDNN
import Cluster
import DataParallel
import Foundation
import Glibc
import MPI

/// What a run would find on these hosts: ranks, cores, libraries, memory and measured speeds, with a verdict.
package struct Doctor {
    /// The report, as lines for a person.
    package let lines: [String]

    /// Collects the facts and measures for about a second; collective.
    package init(_ cluster: Cluster) throws {
        let own = Rank(
            host: ProcessInfo.processInfo.hostName, cores: Self.allowedCores, nodeCores: cluster.nodeCores,
            ranksOnNode: cluster.ranksOnNode, isa: cluster.detectedInstructionSet.rawValue,
            gflops: MachineSpeed.matrixProducts(), copy: MachineSpeed.memoryCopy(),
            oneDNN: String(cString: od_version()),
            stale: StaleSegments().items.map { Stale(path: $0.path, bytes: $0.byteCount) })
        let ranks = try Agreement.gathered(own, in: cluster.world)
        let reduce = try Self.reductionSpeed(cluster)
        let sharedBytes = Self.freeSharedMemory()
        var lines = ["MPI       \(MPIRuntime.libraryVersion.split(separator: ",").first ?? "")"]
        lines.append("oneDNN    \(own.oneDNN)")
        lines.append("ranks     \(cluster.size)")
        for (rank, found) in ranks.enumerated() {
            lines.append(
                "rank \(rank)    host \(found.host), cores \(found.cores), \(found.isa), "
                    + "matrix products \(ProgressReporter.fixed(found.gflops, 0)) GFLOP/s, "
                    + "memory copy \(ProgressReporter.fixed(found.copy, 1)) GB/s")
        }
        lines.append("/dev/shm  \(sharedBytes / 1_048_576) MiB free")
        for (rank, found) in ranks.enumerated()
        where !ranks[..<rank].contains(where: { $0.host == found.host }) {
            for item in found.stale.prefix(Self.mostStale) {
                lines.append("stale     \(item.path) on \(found.host), \(item.bytes / 1024) KiB")
            }
            if found.stale.count > Self.mostStale {
                lines.append("stale     \(found.stale.count - Self.mostStale) more on \(found.host)")
            }
        }
        if cluster.size > 1 {
            lines.append("exchange  MPI_Allreduce of 4 MiB: \(ProgressReporter.fixed(reduce, 2)) GB/s")
        }
        var advice: [String] = []
        if ranks.contains(where: { $0.ranksOnNode > $0.nodeCores }) {
            advice.append(
                "more ranks than cores on a node: start at most \(own.nodeCores) there, or set OMPI_MCA_mpi_yield_when_idle=1"
            )
        }
        if Set(ranks.map(\.isa)).count > 1 {
            advice.append("instruction sets differ: all ranks run \(cluster.instructionSet.rawValue)")
        }
        if Set(ranks.map(\.oneDNN)).count > 1 {
            advice.append("oneDNN versions differ: bytes may differ from other clusters'")
        }
        if sharedBytes < 256 << 20, cluster.size > 1 {
            advice.append(
                "/dev/shm is small: enlarge it (docker: --shm-size=2g), else ranks fall back to messages")
        }
        if ranks.contains(where: { !$0.stale.isEmpty }) {
            advice.append("killed runs have left shared memory: remove it with dtrain doctor --clean")
        }
        lines.append("verdict   " + (advice.isEmpty ? "good" : advice.joined(separator: "; ")))
        self.lines = lines
    }

    private struct Rank: Codable {
        let host: String
        let cores: String
        let nodeCores: Int
        let ranksOnNode: Int
        let isa: String
        let gflops: Double
        let copy: Double
        let oneDNN: String
        let stale: [Stale]
    }

    /// The most leftovers of a host that are listed.
    private static let mostStale = 8

    private struct Stale: Codable {
        let path: String
        let bytes: Int
    }

    /// The cores that this process may run on, in the system's notation.
    private static var allowedCores: String {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        return line.map { $0.dropFirst("Cpus_allowed_list:".count).trimmingCharacters(in: .whitespaces) }
            ?? "unknown"
    }

    private static func freeSharedMemory() -> Int {
        var status = statvfs()
        guard statvfs("/dev/shm", &status) == 0 else { return 0 }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    /// The speed of MPI_Allreduce over 4 MiB of Float32, in GB/s per rank.
    private static func reductionSpeed(_ cluster: Cluster) throws -> Double {
        let values = [Float](repeating: 1, count: 1 << 20)
        var seconds = Double.infinity
        for _ in 0..<5 {
            try cluster.world.barrier()
            let start = ProcessInfo.processInfo.systemUptime
            _ = try cluster.world.allReduce(values, .sum)
            seconds = min(seconds, ProcessInfo.processInfo.systemUptime - start)
        }
        return Double(values.count * 4) / seconds / 1e9
    }
}
