import Cluster
import DataParallel

/// Which rank copies and writes which part of the optimizer state in a checkpoint.
struct CheckpointShares {
    /// How the state is divided over writers.
    enum Kind: Equatable {
        /// Every rank writes the slices that only it holds.
        case owners
        /// These ranks of rank 0's node divide what the node holds.
        case node([Int])
        /// Rank 0 gathers and writes what other ranks hold but cannot write.
        case gathered
    }
    let kind: Kind

    /// The division of the state; the same on all ranks.
    ///
    /// - Parameter sees: For each rank, whether it can write into the folder.
    init(_ replica: Replica, sees: [Bool]) {
        if replica.settings.isOptimizerSharded {
            kind = sees.allSatisfy { $0 } ? .owners : .gathered
            return
        }
        let stateBytes = (replica.settings.rule.stateNames.count + 1) * replica.stateElements * 4
        let writers = replica.cluster.nodes[0].filter { sees[$0] }
        // With little to write, another file costs more than it saves.
        kind = .node(Array(writers.prefix(max(1, stateBytes / Self.leastBytes))))
    }

    /// The elements of all state arrays, concatenated, that `rank` writes as one of a node's ranks.
    ///
    /// - Parameters:
    ///   - elements: Elements of all state arrays together.
    ///   - weights: Elements of the weights, which rank 0 writes in addition.
    static func stretch(of rank: Int, writers: [Int], elements: Int, weights: Int) -> Range<Int> {
        guard let place = writers.firstIndex(of: rank) else { return 0..<0 }
        let first =
            writers.count == 1
            ? elements : min(elements, max(0, (elements + weights) / writers.count - weights))
        if place == 0 { return 0..<first }
        let (rest, others) = (elements - first, writers.count - 1)
        return first + rest * (place - 1) / others..<first + rest * place / others
    }

    private static let leastBytes = 1 << 16
}
