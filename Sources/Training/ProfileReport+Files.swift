import Cluster
import DataParallel
import Foundation

/// The profile of a run: a table for a person, operations.json, and a timeline of each rank.
extension ProfileReport {
    /// The number of steps in the timeline of a profile.
    static let timelineSteps = 5

    /// Writes the profile of a run that asked for one, and passes its table to `sinks`; collective, because every rank
    /// writes its timeline.
    static func write(_ run: RunPreparation, _ sinks: RunSinks) throws {
        guard let profiler = run.replica.profiler else { return }
        let cluster = run.cluster
        let ranks = try Agreement.gathered(
            ProfileReport.Rank(
                rows: profiler.rows, steps: profiler.steps, nanoseconds: profiler.nanoseconds,
                gigaflops: MachineSpeed.matrixProducts(),
                bfloat16Gigaflops: profiler.rows.contains(where: \.isBFloat16)
                    ? MachineSpeed.bfloat16Products() : 0,
                gigabytes: MachineSpeed.memoryCopy()),
            in: cluster.world)
        // Only rank 0 knows the name that was chosen if the folder was already used.
        let target = try Agreement.fromRoot(cluster.world) { run.folder?.file(RunFolder.profileName) ?? "" }
        try cluster.agree(
            Result {
                try run.folder?.requireLock()
                if cluster.rank == 0 { try FileOutput.makeFolder(target) }
            })
        try cluster.agree(
            Result {
                // On another node the folder may not be visible yet.
                try FileOutput.makeFolder(target)
                let timeline = ChromeTrace(
                    profiler.timeline, rank: cluster.rank,
                    workers: run.settings.workers ?? cluster.defaultWorkers)
                try FileOutput.write(timeline.data, to: "\(target)/rank-\(cluster.rank).trace.json")
                guard cluster.rank == 0 else { return }
                let report = ProfileReport(ranks)
                try FileOutput.write(try report.data(), to: "\(target)/operations.json")
                for line in report.lines { sinks.take(.message(line)) }
                sinks.take(
                    .message(
                        "profile      \(target) (open rank-*.trace.json in chrome://tracing or Perfetto)"))
            })
    }
}
