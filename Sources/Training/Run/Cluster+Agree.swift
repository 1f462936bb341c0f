import Cluster

extension Cluster {
    /// Throws on all ranks if `outcome` is a failure on one: its error there, `FailedElsewhere` on the others.
    /// Collective.
    package func agree(_ outcome: Result<Void, any Error>) throws {
        var failed = 0
        if case .failure = outcome { failed = 1 }
        let anyFailed = try world.allReduce(failed, .max)
        try outcome.get()
        if anyFailed > 0 { throw FailedElsewhere() }
    }
}
