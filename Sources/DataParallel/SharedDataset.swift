import Cluster
import Datasets
import Foundation
import MPI

/// A data set held once per node in its stored type; one rank of each node reads it.
package final class SharedDataset {
    /// The examples.
    package let examples: StoredExamples
    /// The source that the examples were read from.
    package let source: DatasetSource
    /// The data set's name in messages.
    package var name: String { source.name }
    private let memory: NodeMemory

    /// Reads `source`; collective. If a node cannot read it, every rank throws the error of the first such node.
    package init(_ source: DatasetSource, on cluster: Cluster) throws {
        self.source = source
        cluster.activity.enter(.loading)
        // Rank 0 reads the header and thereby decides the sizes for all.
        let layout = try Agreement.fromRoot(cluster.world) { try source.inspect() }
        FaultPoint.reach(.load)
        let labelStart = PrivateMemory.aligned(layout.featureBytes)
        let lengthStart = labelStart + PrivateMemory.aligned(layout.labelBytes)
        let memory = try NodeMemory(
            byteCount: max(64, lengthStart + layout.lengthBytes), for: .data("the data of \(source.name)"),
            on: cluster)
        self.memory = memory
        let loaded = try Agreement.onFirst(of: cluster.node, in: cluster.world) {
            let own = cluster.rank == 0 ? layout : try source.inspect()
            guard own == layout else {
                throw DisagreementError(
                    what: "the data in \(source.name)", ranks: [cluster.rank],
                    advice: "copy the same files to every node")
            }
            return try source.load(
                layout,
                features: UnsafeMutableRawBufferPointer(start: memory.base, count: layout.featureBytes),
                labels: UnsafeMutableRawBufferPointer(
                    start: memory.base + labelStart, count: layout.labelBytes),
                lengths: UnsafeMutableRawBufferPointer(
                    start: memory.base + lengthStart, count: layout.lengthBytes))
        }
        examples = StoredExamples(
            layout: loaded, features: UnsafeRawPointer(memory.base),
            labels: layout.labelBytes > 0 ? UnsafeRawPointer(memory.base + labelStart) : nil,
            lengths: layout.hasLengths ? UnsafeRawPointer(memory.base + lengthStart) : nil, owner: memory)
    }

    /// Gives shared memory back; collective over the node.
    package func free() throws { try memory.free() }
}
