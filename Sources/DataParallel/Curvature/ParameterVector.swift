import Cluster

/// A vector over a model's parameters, once per node, laid out as they are; the gaps between tensors hold zeros.
package final class ParameterVector {
    /// Where its elements lie.
    package let layout: ParameterLayout
    /// Its first element.
    let base: UnsafeMutablePointer<Float>
    private let cluster: Cluster
    private let memory: NodeMemory

    /// Zeros for the parameters of `layout`; collective over the cluster.
    ///
    /// - Parameter use: What it is for.
    package init(cluster: Cluster, layout: ParameterLayout, for use: ResourceUse) throws {
        self.cluster = cluster
        self.layout = layout
        memory = try NodeMemory(byteCount: max(64, layout.elementCount * 4), for: use, on: cluster)
        base = memory.base.assumingMemoryBound(to: Float.self)
    }

    /// Gives shared memory back; collective over the node.
    package func free() throws { try memory.free() }

    /// The part of the parameter that is variable `variable` of the model, row-major.
    package func values(of variable: Int) -> [Float] {
        guard let entry = layout.entries.first(where: { $0.variable == variable }) else { return [] }
        return Array(UnsafeBufferPointer(start: base + entry.offset, count: entry.count))
    }

    /// Sets every part to what `values` gives for its variable, row-major; each rank passes the same. Collective over the
    /// cluster.
    package func set(_ values: (Int) -> [Float]) throws {
        if cluster.node.rank == 0 {
            for entry in layout.entries {
                let part = values(entry.variable)
                precondition(part.count == entry.count, "\(part.count) values for \(entry.count)")
                (base + entry.offset).update(from: part, count: entry.count)
            }
        }
        try cluster.world.barrier()
    }
}
