import Cluster

extension Cluster {
    /// Fails on all ranks if it failed on one; the others end in silence. Collective.
    func agree(_ outcome: Result<Void, any Error>) throws {
        var failed = 0
        if case .failure = outcome { failed = 1 }
        let anyFailed = try world.allReduce(failed, .max)
        try outcome.get()
        if anyFailed > 0 { throw FailedElsewhere() }
    }
}
