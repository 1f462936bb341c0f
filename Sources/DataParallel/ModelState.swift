import Cluster
import Graph
import Layers
import Runtime

/// A model's parameters and states in memory: parameters once per node, states once per rank.
package final class ModelState {
    /// The model that they belong to.
    package let model: TracedModel
    /// The places of parameters in memory.
    package let layout: ParameterLayout
    let parameters: NodeMemory
    let states: UnsafeMutableRawPointer
    /// Forms of the weights for products of bfloat16 numbers; nil in other precisions.
    private(set) var rounded: RoundedWeights?
    /// How often parameters were set from outside training; then the hashes of a `CopyCheck` are outdated.
    private(set) var version = 0
    /// Byte offset of each variable in the parameters' or the states' memory.
    let offsets: [Int]
    private let cluster: Cluster
    private let stateBytes: Int

    /// Zeroed memory for `model`; collective over the cluster.
    package init(cluster: Cluster, model: TracedModel, bucketBytes: Int = 1 << 20) throws {
        self.cluster = cluster
        self.model = model
        let places = VariablePlaces(model, order: Self.gradientOrder(model), bucketBytes: bucketBytes)
        layout = places.layout
        offsets = places.offsets
        stateBytes = max(64, places.stateBytes)
        states = try PrivateMemory.allocate(stateBytes, for: .model("statistics"))
        parameters = try NodeMemory(
            byteCount: max(64, layout.elementCount * 4), for: .model("the weights"), on: cluster)
    }

    /// Makes room for the forms of the weights that passes in `precision` read; programs planned before make forms of their own.
    /// Collective over the cluster.
    func prepare(_ precision: Precision) throws {
        guard precision == .bfloat16, rounded == nil else { return }
        rounded = try RoundedWeights(
            cluster: cluster, model: model, layout: layout,
            parameters: parameters.base.assumingMemoryBound(to: Float.self))
    }

    deinit { PrivateMemory.free(states, stateBytes) }

    /// Bytes of all variables.
    package var byteCount: Int { (model.variables.indices).reduce(0) { $0 + byteCount(of: $1) } }

    /// Bytes of the largest variable.
    package var largestByteCount: Int { (model.variables.indices).reduce(0) { max($0, byteCount(of: $1)) } }

    private func byteCount(of variable: Int) -> Int { model.variables[variable].shape.reduce(4, *) }

    /// Gives shared memory back; collective over the node.
    package func free() throws {
        try rounded?.free()
        try parameters.free()
    }

    /// Records that parameters were changed other than by `set`.
    func noteChange() { version += 1 }

    /// Gives every variable its value from rank 0. Collective.
    ///
    /// - Parameter values: On rank 0 the values of the model's variables in order, row-major; ignored on other ranks.
    package func set(_ values: [[Float]]?) throws {
        version += 1
        for (variable, description) in model.variables.enumerated() {
            let count = description.count
            var value = values?[variable] ?? Array(repeating: 0, count: count)
            precondition(
                value.count == count, "\(description.name) has \(count) elements, got \(value.count)")
            try cluster.world.broadcast(&value, root: 0)
            if !description.isTrainable || cluster.node.rank == 0 {
                pointer(variable).update(from: value, count: count)
            }
        }
        try cluster.world.barrier()
    }

    /// The value of a variable, row-major; every rank reads the same.
    package func value(_ variable: Int) -> [Float] {
        let count = model.variables[variable].count
        return Array(UnsafeBufferPointer(start: pointer(variable), count: count))
    }

    /// A copy of the value of a variable, row-major.
    package func copy(_ variable: Int) throws -> FloatCopy {
        let count = model.variables[variable].count
        return try FloatCopy(UnsafeBufferPointer(start: pointer(variable), count: count))
    }

    /// The first element of a variable.
    func pointer(_ variable: Int) -> UnsafeMutablePointer<Float> {
        let base = model.variables[variable].isTrainable ? parameters.base : states
        return (base + offsets[variable]).assumingMemoryBound(to: Float.self)
    }

    /// Parameters in the order in which gradients become ready, which is the same for shards of any size.
    private static func gradientOrder(_ model: TracedModel) -> [Int] {
        guard model.target != .none else {
            return model.variables.indices.filter { model.variables[$0].isTrainable }
        }
        let graph = model.trainingGraph(count: 2).loweringBatchNorm()
        return Schedule(graph).gradientOrder(of: graph)
    }
}
