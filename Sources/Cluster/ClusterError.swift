import Messages

/// Why a cluster cannot run the work that it is given.
public enum ClusterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Ranks without a shard would have nothing to do.
    case moreRanksThanShards(ranks: Int, shards: Int)
    /// The arithmetic library was used before the ranks agreed on this instruction set.
    case instructionSet(InstructionSet)
    /// Shared memory was demanded but is not available.
    case noSharedMemory(String)

    public var description: String {
        switch self {
        case .moreRanksThanShards(let ranks, let shards):
            "\(counted(ranks, "rank")) cannot share \(counted(shards, "shard")): set training.shards to at least \(ranks) or start fewer ranks"
        case .instructionSet(let wanted):
            "the arithmetic library was in use before instruction set \(wanted.rawValue) was chosen"
        case .noSharedMemory(let reason):
            "shared memory cannot be had (\(reason)): enlarge /dev/shm or set training.transport to auto"
        }
    }
}
