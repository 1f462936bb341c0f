import Cluster

/// A slice of a bucket that a rank handles: it owns the slice, or represents its node towards the owner.
package struct SliceDuty: Sendable {
    /// The slice's elements and blocks.
    package let slice: ParameterLayout.Slice
    /// The bucket it is cut from.
    let bucket: Int
    /// The rank that combines the slice, one in the whole job.
    let owner: Int

    /// The slice of a bucket that this rank owns, and the slices of other nodes' ranks that it handles for its node.
    static func all(of cluster: Cluster, layout: ParameterLayout, bucket: Int) -> (
        own: SliceDuty, foreign: [SliceDuty]
    ) {
        func duty(_ owner: Int) -> SliceDuty {
            SliceDuty(
                slice: layout.slice(owner, of: cluster.size, bucket: bucket), bucket: bucket, owner: owner)
        }
        let node = cluster.nodes[cluster.nodeIndex]
        let foreign = (0..<cluster.size).filter {
            !node.contains($0) && rank(for: $0, on: node) == cluster.rank
        }
        return (duty(cluster.rank), foreign.map(duty))
    }

    /// This rank's slices in all buckets; in each bucket the one that it owns comes first.
    static func all(of cluster: Cluster, layout: ParameterLayout) -> [SliceDuty] {
        layout.buckets.indices.flatMap { bucket in
            let (own, foreign) = all(of: cluster, layout: layout, bucket: bucket)
            return [own] + foreign
        }
    }

    /// The rank of `node` that represents it towards `owner`, a rank of another node.
    static func rank(for owner: Int, on node: Range<Int>) -> Int { node.lowerBound + owner % node.count }
}
