import Cluster

/// A slice of a bucket that a rank has to do with: it owns the slice, or stands for its node towards the owner.
package struct SliceDuty: Sendable {
    /// The slice's elements and blocks.
    package let slice: ParameterLayout.Slice
    /// The bucket it is cut from.
    let bucket: Int
    /// The rank that combines the slice: one in the whole job.
    let owner: Int

    /// The slice of a bucket that `cluster`'s rank owns, and its share of those that ranks of other nodes own.
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

    /// What it has to do in all buckets: in each first the slice it owns.
    static func all(of cluster: Cluster, layout: ParameterLayout) -> [SliceDuty] {
        layout.buckets.indices.flatMap { bucket in
            let (own, foreign) = all(of: cluster, layout: layout, bucket: bucket)
            return [own] + foreign
        }
    }

    /// The rank of `node` that stands for it towards `owner`, a rank of another node.
    static func rank(for owner: Int, on node: Range<Int>) -> Int { node.lowerBound + owner % node.count }
}
