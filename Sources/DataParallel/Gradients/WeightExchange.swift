import Cluster
import MPI

/// Sends updated parameters from the owner of a slice to all other nodes, where a sharded optimizer sends no summed
/// gradients.
///
/// On every other node the rank that handles the slice writes it into the node's parameters.
final class WeightExchange {
    private let cluster: Cluster
    private let weights: UnsafeMutablePointer<Float>
    private let foreign: [SliceDuty]
    private var requests: RequestSet

    /// - Parameter duties: The slices that this rank owns or handles for its node.
    init(cluster: Cluster, weights: UnsafeMutablePointer<Float>, duties: [SliceDuty]) {
        self.cluster = cluster
        self.weights = weights
        foreign = duties.filter { $0.owner != cluster.rank && !$0.slice.elements.isEmpty }
        requests = RequestSet(capacity: foreign.count + duties.count * cluster.nodes.count)
    }

    /// Starts to receive other nodes' slices; from here on no rank of the node may read parameters.
    func begin() throws {
        for duty in foreign {
            try requests.receive(
                into: UnsafeMutableRawBufferPointer(
                    start: weights + duty.slice.elements.lowerBound, count: duty.slice.elements.count * 4),
                from: duty.owner, tag: GradientExchange.tag(duty.bucket, .weights), on: cluster.world)
        }
    }

    /// Sends an updated slice of this rank to the other nodes.
    func send(_ duty: SliceDuty) throws {
        for (index, node) in cluster.nodes.enumerated() where index != cluster.nodeIndex {
            try requests.send(
                UnsafeRawBufferPointer(
                    start: weights + duty.slice.elements.lowerBound, count: duty.slice.elements.count * 4),
                to: SliceDuty.rank(for: duty.owner, on: node),
                tag: GradientExchange.tag(duty.bucket, .weights), on: cluster.world)
        }
    }

    /// Waits until everything is sent and received.
    func end() throws { try requests.waitAll(spins: cluster.spins) }
}
