import Cluster
import Messages

extension Cluster {
    /// A warning if more worker threads are set than a rank has shards or cores for; nil otherwise.
    ///
    /// - Parameter workers: The threads of each rank that are set; nil for the default, which is never too many.
    package func spareWorkers(_ workers: Int?, shards: Int) -> String? {
        let most = (shards + size - 1) / size
        let useful = min(most, defaultWorkers)
        guard let workers, workers > useful else { return nil }
        return
            "training.workers is \(workers), but a rank has \(counted(most, "shard")) and \(counted(defaultWorkers, "core")) of its node, after binding and quotas: more than \(useful) only wait for one another"
    }
}
