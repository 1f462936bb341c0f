import CKernels
import Cluster
import MPI
import Optimizers
import Runtime

/// Turns the summed gradient of a step into the next parameters: accumulation, clipping and the update rule.
///
/// A rank updates its slices; with a sharded optimizer the owners of slices then send them to the other nodes.
final class ParameterUpdate {
    /// The update rule's state arrays, followed by one for accumulated or delayed gradients if these are kept.
    let arrays: OptimizerState
    /// What the update rule keeps between steps beside its arrays.
    var memory: [Double]
    let cluster: Cluster
    let layout: ParameterLayout
    let settings: ReplicaSettings
    let parameters: UnsafeMutablePointer<Float>
    let weights: WeightExchange?
    /// Forms of the weights for products of bfloat16 numbers; nil in other precisions.
    let rounded: RoundedWeights?
    /// For each tensor of the layout, whether it decays.
    let decays: [Bool]

    /// State for the parameters of `state`; collective over the cluster.
    init(cluster: Cluster, state: ModelState, settings: ReplicaSettings) throws {
        self.cluster = cluster
        self.settings = settings
        layout = state.layout
        parameters = state.parameters.base.assumingMemoryBound(to: Float.self)
        rounded = state.rounded
        memory = Array(repeating: 0, count: settings.rule.memoryCount)
        decays = layout.entries.map { entry in
            !settings.noDecay.contains { $0.covers(state.model.variables[entry.variable].role) }
        }
        let duties = SliceDuty.all(of: cluster, layout: layout)
        arrays = try OptimizerState(
            cluster: cluster, layout: layout,
            arrays: settings.rule.stateNames.count + (settings.keepsGradients ? 1 : 0), duties: duties,
            isSharded: settings.isOptimizerSharded)
        let sendsWeights = settings.isOptimizerSharded && cluster.nodes.count > 1
        weights = sendsWeights ? WeightExchange(cluster: cluster, weights: parameters, duties: duties) : nil
    }

    /// Gives shared memory back; collective over the node.
    func free() throws { try arrays.free() }

    /// The number of the array of kept gradients.
    var keptArray: Int { settings.rule.stateNames.count }

    // MARK: The gradient

    /// Adds `weight` times the sum of a mini-batch's gradients to those of the step's earlier mini-batches.
    func accumulate(_ sum: UnsafeMutablePointer<Float>, weight: Float, isFirst: Bool) {
        let kernels = cluster.kernels.pointee
        for (index, duty) in arrays.duties.enumerated() {
            let (start, count) = (duty.slice.elements.lowerBound, Int64(duty.slice.elements.count))
            let target = arrays.pointer(keptArray, duty: index)
            if isFirst {
                kernels.unary(DT_SCALE, count, sum + start, weight, target)
            } else {
                kernels.add_scaled(count, weight, sum + start, target)
            }
        }
    }

    /// Copies the kept gradients to `sum`, or from there.
    func copyKept(to sum: UnsafeMutablePointer<Float>) {
        forEachKept { kept, start, count in (sum + start).update(from: kept, count: count) }
    }

    /// Keeps the gradients in `sum`.
    func keep(_ sum: UnsafeMutablePointer<Float>) {
        forEachKept { kept, start, count in kept.update(from: sum + start, count: count) }
    }

    private func forEachKept(
        _ body: (_ kept: UnsafeMutablePointer<Float>, _ start: Int, _ count: Int) -> Void
    ) {
        for (index, duty) in arrays.duties.enumerated() {
            body(
                arrays.pointer(keptArray, duty: index), duty.slice.elements.lowerBound,
                duty.slice.elements.count)
        }
    }

    /// The sums of the squares of each block of `sum`; collective over the cluster.
    func squares(of sum: UnsafeMutablePointer<Float>) throws -> [Double] {
        var own = Array(repeating: 0.0, count: layout.blocks.count)
        for duty in arrays.duties where duty.owner == cluster.rank {
            for block in duty.slice.blocks {
                let place = layout.blocks[block]
                own[block] = cluster.kernels.pointee.sum_of_squares(Int64(place.count), sum + place.offset)
            }
        }
        return try gathered(own)
    }

    /// Each block's number from the rank that owns the block, on all ranks; collective.
    ///
    /// `own` is zero for the blocks of other ranks, so the order of ranks changes no bit of the sums.
    func gathered(_ own: [Double]) throws -> [Double] { try cluster.world.allReduce(own, .sum) }

    /// Clips the gradient in `sum` by its norm or its values.
    ///
    /// - Parameter norm: √Σ g², needed where it is clipped by its norm.
    func clip(_ sum: UnsafeMutablePointer<Float>, norm: Double?) {
        let kernels = cluster.kernels.pointee
        let coefficient = norm.map { settings.clipping.coefficient(norm: $0) } ?? 1
        for duty in arrays.duties {
            let (start, count) = (duty.slice.elements.lowerBound, Int64(duty.slice.elements.count))
            if coefficient < 1 || coefficient.isNaN {
                kernels.unary(DT_SCALE, count, sum + start, Float(coefficient), sum + start)
            }
            if let limit = settings.clipping.maximumValue {
                kernels.clamp(count, Float(limit), sum + start)
            }
        }
    }

    /// Waits for the parameters that other nodes have updated.
    func finish(_ log: SpanLog?) throws {
        guard let weights else { return }
        cluster.activity.enter(.weights)
        try log.timed(Profiler.Overhead.weights) { try weights.end() }
        rounded?.forget()
        cluster.activity.enter(.updating)
    }
}
