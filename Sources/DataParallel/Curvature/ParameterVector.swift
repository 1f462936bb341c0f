import Cluster

/// A vector over a model's parameters, whole and once per node, laid out as they are; the gaps between tensors hold zeros.
package final class ParameterVector {
    /// Its first element.
    package let base: UnsafeMutablePointer<Float>
    private let memory: NodeMemory

    /// Zeros for the parameters of `layout`; collective over the cluster.
    ///
    /// - Parameter use: What it is for.
    package init(cluster: Cluster, layout: ParameterLayout, for use: ResourceUse) throws {
        memory = try NodeMemory(byteCount: max(64, layout.elementCount * 4), for: use, on: cluster)
        base = memory.base.assumingMemoryBound(to: Float.self)
    }

    /// Gives shared memory back; collective over the node.
    package func free() throws { try memory.free() }
}
