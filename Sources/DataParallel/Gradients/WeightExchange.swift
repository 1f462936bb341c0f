import Cluster
import MPI

/// Brings updated parameters from the rank that owns a slice to all other nodes: what a sharded optimizer sends in
/// the place of summed gradients.
///
/// On every other node the rank that stands for it writes the slice into the node's parameters.
final class WeightExchange {
    private let cluster: Cluster
    private let weights: UnsafeMutablePointer<Float>
    private let foreign: [SliceDuty]
    private var requests: RequestSet

    /// - Parameter duties: The slices this rank owns or stands for.
    init(cluster: Cluster, weights: UnsafeMutablePointer<Float>, duties: [SliceDuty]) {
        self.cluster = cluster
        self.weights = weights
        foreign = duties.filter { $0.owner != cluster.rank && !$0.slice.elements.isEmpty }
        requests = RequestSet(capacity: foreign.count + duties.count * cluster.nodes.count)
    }

    /// Lets other nodes' slices come in; no rank of the node may read parameters any more.
    func begin() throws {
        for duty in foreign {
            try requests.receive(
                into: UnsafeMutableRawBufferPointer(
                    start: weights + duty.slice.elements.lowerBound, count: duty.slice.elements.count * 4),
                from: duty.owner, tag: GradientExchange.tag(duty.bucket, .weights), on: cluster.world)
        }
    }

    /// Sends a slice of this rank's to the other nodes, once it has its next values.
    func send(_ duty: SliceDuty) throws {
        for (index, node) in cluster.nodes.enumerated() where index != cluster.nodeIndex {
            try requests.send(
                UnsafeRawBufferPointer(
                    start: weights + duty.slice.elements.lowerBound, count: duty.slice.elements.count * 4),
                to: SliceDuty.rank(for: duty.owner, on: node),
                tag: GradientExchange.tag(duty.bucket, .weights), on: cluster.world)
        }
    }

    /// Returns when everything was sent and has come in.
    func end() throws { try requests.waitAll(spins: cluster.spins) }
}
