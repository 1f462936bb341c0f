import FixedTree

/// Which rank computes which shards, and which subtrees of the fixed tree they form.
package struct ShardMap: Sendable {
    /// The number of shards of every mini-batch, S.
    let shards: Int
    /// The shards of each rank.
    let owned: [Range<Int>]
    /// The largest subtrees inside each rank's shards, whose sums the rank publishes.
    let subtrees: [[Range<Int>]]
    /// The largest subtrees inside each node's shards, whose sums travel between nodes.
    let nodeSubtrees: [[Range<Int>]]

    /// The map for `shards` shards on ranks that are grouped into `nodes`.
    package init(shards: Int, nodes: [Range<Int>]) {
        let ranks = nodes.last?.upperBound ?? 1
        let owned = (0..<ranks).map { ShardBounds.owned(byRank: $0, ranks: ranks, shards: shards) }
        self.shards = shards
        self.owned = owned
        subtrees = owned.map { FixedTree.nodes(inside: $0, of: shards) }
        nodeSubtrees = nodes.map { node in
            FixedTree.nodes(
                inside: owned[node.lowerBound].lowerBound..<owned[node.upperBound - 1].upperBound, of: shards)
        }
    }

    /// The positions in the mini-batch of the examples of a range of shards, if it has `batch` examples.
    func examples(of run: Range<Int>, batch: Int) -> Range<Int> {
        (run.lowerBound * batch / shards)..<(run.upperBound * batch / shards)
    }

    /// Whether a subtree has no examples in a mini-batch of `batch`, so that it takes no part in sums.
    func isEmpty(_ subtree: Range<Int>, batch: Int) -> Bool { examples(of: subtree, batch: batch).isEmpty }
}
