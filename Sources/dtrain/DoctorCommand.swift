import ArgumentParser
import Training

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Ranks, hosts, cores, library versions, shared memory and measured speeds, with a verdict.")

    func run() throws {
        try Launch.run(nil) { cluster in
            let doctor = try Doctor(cluster)
            if cluster.rank == 0 { print(doctor.lines.joined(separator: "\n")) }
        }
    }
}
