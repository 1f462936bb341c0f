import Cluster
import Glibc

extension RunFolder {
    /// Opens the folder of a run on rank 0; other ranks write only checkpoints. Collective.
    ///
    /// - Returns: Nil on other ranks, and where nothing is to be written.
    static func open(
        _ settings: TrainingSettings, _ cluster: Cluster, _ terminal: ProgressReporter?
    ) throws -> RunFolder? {
        guard !settings.isDryRun else { return nil }
        if cluster.rank > 0 { cluster.activity.enter(.opening) }
        let opened = Result {
            guard cluster.rank == 0 else { return nil as RunFolder? }
            return try RunFolder(settings, cluster.guidance.wording, warn: DistributedProgram.warn) { text in
                // Opening may wait longer than the watchdog lets ranks stand still.
                cluster.activity.advance()
                if let text { terminal?.line("dtrain: note: \(text)") }
            }
        }
        try waitInSleep(cluster)
        try cluster.agree(opened.map { _ in })
        let folder = try opened.get()
        // Any rank may be the one that reports an error and how to go on.
        cluster.guidance.output = try Agreement.fromRoot(cluster.world) { folder?.path ?? "" }
        return folder
    }

    /// Waits for all ranks without taking processor time from those that work; collective.
    private static func waitInSleep(_ cluster: Cluster) throws {
        var barrier = try cluster.world.startBarrier()
        var looks: UInt32 = 0
        while try !barrier.test() {
            // Sleeps grow from 0.1 ms to 10 ms: most waits take a few milliseconds.
            looks = min(looks + 1, 100)
            usleep(looks * 100)
        }
        try barrier.wait()
    }
}
