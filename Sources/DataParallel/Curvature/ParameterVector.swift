import Cluster

/// A whole vector over a model's parameters, once per node, laid out as the parameters; gaps between tensors are zeros.
package final class ParameterVector {
    /// The first element.
    package let base: UnsafeMutablePointer<Float>
    private let memory: NodeMemory

    /// A zero vector for the parameters of `layout`; collective over the cluster.
    ///
    /// - Parameter use: What the memory is for, if it cannot be had.
    package init(cluster: Cluster, layout: ParameterLayout, for use: ResourceUse) throws {
        memory = try NodeMemory(byteCount: max(64, layout.elementCount * 4), for: use, on: cluster)
        base = memory.base.assumingMemoryBound(to: Float.self)
    }

    /// Gives shared memory back; collective over the node.
    package func free() throws { try memory.free() }
}
