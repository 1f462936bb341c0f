/// What memory or threads are for, and what makes do with fewer of them.
public struct ResourceUse: Sendable, Equatable {
    /// What they are for, in the words of an error, such as "the weights".
    let name: String
    /// What to do where the limit cannot be raised; nil where there is nothing.
    let remedy: String?

    /// What grows with the examples of a mini-batch that a rank computes.
    public static func batch(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: "use a smaller training.batch or more nodes")
    }

    /// What grows with the model alone.
    public static func model(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: "use a smaller model")
    }

    /// Examples, which stand once on every node.
    public static func data(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: "use a smaller data set")
    }

    /// What every one of a node's ranks needs whatever it does.
    static func start(ranks: Int) -> ResourceUse {
        ResourceUse(
            name: "MPI and training to start", remedy: ranks > 1 ? "start fewer ranks on a node" : nil)
    }

    /// Threads that compute.
    package static let workers = ResourceUse(name: "training.workers", remedy: "lower training.workers")

    /// A thread that works beside the others.
    package static func thread(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: workers.remedy)
    }

    /// A cure of a limit, and what to do where that cannot be had.
    func advice(_ cure: String) -> String { cure + (remedy.map { ", or \($0)" } ?? "") }

    /// All that ranks hold together, with this in it.
    func together(_ name: String) -> ResourceUse {
        ResourceUse(
            name: name,
            remedy: [remedy, "start fewer ranks on a node"].compactMap { $0 }.joined(separator: ", or "))
    }
}
