import Cluster
import DataParallel
import FixedTree

/// The number of shards where the settings do not give it.
///
/// It follows from the mini-batch alone, so that it is the same at any number of ranks. A run settles it before its first
/// step, since the mini-batch may depend on the data; from then on the settings give it, in config.yaml too.
extension TrainingSettings {
    /// The number of shards; nil while it depends on a mini-batch that data or a measurement will say.
    var knownShards: Int? {
        if let shards { return shards }
        guard !choosesBatch, let batch = batchIfAny, batch > 0 else { return nil }
        return ShardBounds.standardCount(batch: batch)
    }

    /// The number of shards; the fewest possible while it is not known.
    package var shardCount: Int { knownShards ?? ShardBounds.fewest }

    /// The number of shards of a training set of so many examples.
    func shardCount(examples: Int) -> Int {
        knownShards ?? ShardBounds.standardCount(batch: (examples + accumulate - 1) / accumulate)
    }

    /// Takes the number of shards of the run that is to be resumed, unless the settings give one: it was recorded, and is
    /// not to be found anew. Collective.
    mutating func takeResumedShards(on cluster: Cluster) throws {
        guard shards == nil, resume != .no else { return }
        let recorded = try Agreement.fromRoot(cluster.world) { () -> Int? in
            RunSettings.identity(resumedBy: self)?.whole("training.shards")
        }
        if let recorded { take(shards: recorded) }
    }

    /// Settles the number of shards once the mini-batch is known.
    ///
    /// - Parameter examples: The examples of the training set.
    mutating func settleShards(examples: Int) {
        if shards == nil { take(shards: shardCount(examples: examples)) }
    }

    /// Sets the number of shards, in the configuration too.
    private mutating func take(shards: Int) {
        self.shards = shards
        if let makesConfigurationText { configurationText = makesConfigurationText(self) }
    }
}
