import Cluster
import Datasets
import Graph
import Layers
import Runtime

/// The gradient of a data set's mean loss, or what another graph gives as gradients, in slices over the ranks: the same
/// bytes at any number of ranks.
///
/// The gradients of mini-batches are weighted by their examples and added in order in Float64.
package final class DatasetGradient {
    /// The slices in which vectors are divided over ranks.
    package let slices: ParameterSlices
    /// The mean loss. A replacement must have the same examples, shards and mode, and mini-batches no larger than
    /// planned for, because nothing is planned anew.
    var objective: DatasetObjective { didSet { labelWeight = objective.labelWeight(of: model) } }
    private let cluster: Cluster
    private let model: TracedModel
    private let pass: ShardPass
    private let sink: GradientSink
    private var labelWeight: Double?

    /// Plans the gradient of the mean loss; collective over the cluster.
    package convenience init(cluster: Cluster, state: ModelState, objective: DatasetObjective) throws {
        let (model, mode) = (state.model, objective.mode)
        try self.init(cluster: cluster, state: state, objective: objective) {
            model.gradientGraph($0, mode).loweringBatchNorm()
        }
    }

    /// Plans the gradients of another graph; collective over the cluster.
    ///
    /// - Parameter direction: The whole vector whose parts are the graph's direction inputs.
    init(
        cluster: Cluster, state: ModelState, objective: DatasetObjective, direction: ParameterVector? = nil,
        graph: @escaping (InputTypes) -> Graph
    ) throws {
        self.cluster = cluster
        self.objective = objective
        model = state.model
        let layout = state.layout
        let groups = layout.groups
        slices = ParameterSlices(cluster: cluster, layout: layout)
        pass = try ShardPass(
            cluster: cluster, state: state, maker: objective.maker,
            settings: objective.passSettings(directions: direction.map { UnsafeMutableRawPointer($0.base) })
        ) { graph($0).reducingGradients(in: groups) }
        let exchange = try GradientExchange(
            cluster: cluster, map: pass.map, layout: layout, control: .none, distributesSums: false)
        sink = GradientSink(
            exchange, program: pass.skeleton, layout: layout, map: pass.map, cluster: cluster,
            precision: .float32)
        labelWeight = objective.labelWeight(of: state.model)
    }

    /// Plans the programs for a mini-batch of `count` examples ahead, so that the first one need not wait.
    func plan(batch count: Int) throws { try pass.plan(batch: count) }

    /// Gives shared memory back; collective over the cluster.
    package func free() throws {
        try pass.free()
        try sink.exchange.free()
    }

    /// The gradient and, where the graph reports it, the mean loss; collective over the cluster.
    ///
    /// - Parameter read: Called on a worker's thread for each local shard after it has run, with its number among all
    ///   shards.
    package func compute(
        read: (_ shard: Int, _ program: ShardProgram) -> Void = { _, _ in }
    ) throws -> (gradient: SlicedVector<Double>, loss: Double?) {
        let gradient = try SlicedVector<Double>(slices)
        let first = pass.owned.lowerBound
        var lossSum: Double?
        for batch in objective.batches {
            cluster.activity.enter(objective.operation)
            cluster.activity.advance()
            let outcome = try pass.run(
                batch, scalars: objective.scalars(batch, labelWeight: labelWeight), into: sink,
                read: { place, _, program in read(first + place, program) })
            if let sum = outcome.reports[.loss] { lossSum = (lossSum ?? 0) + sum }
            // The next mini-batch overwrites partial sums, so the node's ranks must have read theirs first.
            sink.exchange.reach(.finished, step: pass.number)
            sink.exchange.await(.finished, step: pass.number)
            let share = labelWeight == nil ? Double(batch.count) / Double(objective.count) : 1
            let sum = sink.exchange.sum
            for block in slices.blocks {
                for element in 0..<block.count {
                    gradient.base[block.place + element] += share * Double(sum[block.offset + element])
                }
            }
            sink.exchange.reset()
        }
        return (gradient, lossSum.map { $0 / objective.totalWeight(labelWeight) })
    }
}

extension DatasetObjective {
    /// The divisor of the sum of the examples' losses.
    func totalWeight(_ labelWeight: Double?) -> Double {
        guard let labelWeight else { return Double(max(1, count)) }
        return labelWeight > 0 ? labelWeight : .infinity
    }
}

/// A data set's mean loss without its gradient, for search along a line.
package final class DatasetLoss {
    /// The mean loss; `DatasetGradient.objective` says what may replace it.
    var objective: DatasetObjective { didSet { labelWeight = objective.labelWeight(of: model) } }
    private let cluster: Cluster
    private let model: TracedModel
    private let pass: ShardPass
    private var labelWeight: Double?

    /// Plans the loss; collective over the cluster.
    ///
    /// - Parameter updatesStates: Whether `updateStates` will be called.
    package init(
        cluster: Cluster, state: ModelState, objective: DatasetObjective, updatesStates: Bool = false
    ) throws {
        self.cluster = cluster
        self.objective = objective
        let (model, mode) = (state.model, objective.mode)
        self.model = model
        pass = try ShardPass(
            cluster: cluster, state: state, maker: objective.maker, settings: objective.passSettings()
        ) { model.lossGraph($0, mode, updatesStates: updatesStates).loweringBatchNorm() }
        labelWeight = objective.labelWeight(of: model)
    }

    /// Plans the programs for a mini-batch of `count` examples ahead, so that the first one need not wait.
    func plan(batch count: Int) throws { try pass.plan(batch: count) }

    /// Gives shared memory back; collective over the cluster.
    package func free() throws { try pass.free() }

    /// The mean loss; collective, the same on all ranks.
    package func compute() throws -> Double { try run { _ in } }

    /// Gives states, such as running statistics, the values that follow from the mini-batches; collective.
    func updateStates() throws { _ = try run { pass.updateStates($0) } }

    private func run(_ take: (ShardPass.Outcome) -> Void) throws -> Double {
        var sum = 0.0
        for batch in objective.batches {
            cluster.activity.enter(objective.operation)
            cluster.activity.advance()
            let outcome = try pass.run(batch, scalars: objective.scalars(batch, labelWeight: labelWeight))
            sum += outcome.reports[.loss] ?? 0
            take(outcome)
            // The next mini-batch overwrites these sums, so all ranks must have read them first.
            try cluster.world.barrier()
        }
        return sum / objective.totalWeight(labelWeight)
    }
}
