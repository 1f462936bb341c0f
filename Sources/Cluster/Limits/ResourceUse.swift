/// What memory or threads are for, and what reduces the need for them.
public struct ResourceUse: Sendable, Equatable {
    /// The use in the words of an error, such as "the weights".
    let name: String
    /// What to do if the limit cannot be raised; nil if there is nothing.
    let remedy: String?

    /// A use that grows with the examples of a mini-batch that a rank computes.
    public static func batch(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: "use a smaller training.batch or more nodes")
    }

    /// A use that grows with the model alone.
    public static func model(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: "use a smaller model")
    }

    /// A use for examples, which every node holds once.
    public static func data(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: "use a smaller data set")
    }

    /// What every rank of a node needs in any case.
    static func start(ranks: Int) -> ResourceUse {
        ResourceUse(
            name: "MPI and training to start", remedy: ranks > 1 ? "start fewer ranks on a node" : nil)
    }

    /// The threads that compute.
    package static let workers = ResourceUse(name: "training.workers", remedy: "lower training.workers")

    /// A thread besides those that compute.
    package static func thread(_ name: String) -> ResourceUse {
        ResourceUse(name: name, remedy: workers.remedy)
    }

    /// The cure of a limit, and what else to do if there is none.
    func advice(_ cure: String) -> String { cure + (remedy.map { ", or \($0)" } ?? "") }

    /// Everything that ranks hold together, this use included.
    func together(_ name: String) -> ResourceUse {
        ResourceUse(
            name: name,
            remedy: [remedy, "start fewer ranks on a node"].compactMap { $0 }.joined(separator: ", or "))
    }
}
