import ArgumentParser
import MPI
import Training

struct DoctorCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Hosts, cores, versions and speeds, with a verdict.",
        discussion: manual.help)

    static let manual = CommandManual(
        details: [
            "It tells ranks, hosts, cores and how ranks are bound to them, versions of libraries, shared memory and measured speeds.",
            "With --clean it starts no MPI, which may not even start after a run was killed; it removes what is this user's in this machine's shared memory and belongs to no process.",
        ],
        examples: [
            .init("mpirun -n 4 dtrain doctor", "what a training on 4 ranks meets"),
            .init("dtrain doctor --clean", "after runs that were killed"),
        ])

    @Flag(name: .long, help: "Only removes shared memory that killed runs have left.")
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
