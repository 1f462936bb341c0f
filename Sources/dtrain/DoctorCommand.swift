import ArgumentParser
import MPI
import Training

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Ranks, hosts, cores, library versions, shared memory and measured speeds, with a verdict.")

    @Flag(
        name: .long,
        help: "Only removes what killed runs of this user have left in this machine's shared memory.")
    var clean = false

    func run() throws {
        if clean { return removeStale() }
        try Launch.run(nil) { cluster in
            let doctor = try Doctor(cluster)
            if cluster.rank == 0 { print(doctor.lines.joined(separator: "\n")) }
        }
    }

    /// Works without MPI, which may not even start after a run was killed.
    private func removeStale() {
        guard (LaunchEnvironment.current.localRank ?? 0) == 0 else { return }
        let found = StaleSegments()
        let removed = found.remove()
        for item in removed { print("removed   \(item.path)") }
        let bytes = removed.reduce(0) { $0 + $1.byteCount }
        print(
            "stale     \(removed.count) removed, \(bytes / 1_048_576) MiB; \(found.items.count - removed.count) left"
        )
    }
}
