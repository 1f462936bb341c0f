import Cluster
import Messages

extension Cluster {
    /// What a person should know of worker threads that were asked for and have nothing to do, or no core; nil where all have
    /// both.
    ///
    /// - Parameter workers: Threads of each rank that were asked for; nil for what suits the node.
    package func spareWorkers(_ workers: Int?, shards: Int) -> String? {
        let most = (shards + size - 1) / size
        let useful = min(most, defaultWorkers)
        guard let workers, workers > useful else { return nil }
        return
            "training.workers is \(workers), but a rank has \(counted(most, "shard")) and \(counted(defaultWorkers, "core")) of its node, after binding and quotas: more than \(useful) only wait for one another"
    }
}
