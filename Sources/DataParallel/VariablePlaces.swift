import Cluster
import Layers

/// Where each variable of a model stands: parameters in one flat stretch, states in another.
struct VariablePlaces {
    /// Where parameters lie in their stretch.
    let layout: ParameterLayout
    /// Byte offset of each variable in its stretch.
    let offsets: [Int]
    /// Bytes of the states.
    let stateBytes: Int

    /// Places for the variables of `model`, whose gradients become ready in `order`.
    init(_ model: TracedModel, order: [Int], bucketBytes: Int) {
        let counts = model.variables.map { $0.shape.reduce(1, *) }
        layout = ParameterLayout(order: order, counts: counts, bucketBytes: bucketBytes)
        var offsets = Array(repeating: 0, count: counts.count)
        for entry in layout.entries { offsets[entry.variable] = entry.offset * 4 }
        var end = 0
        for (variable, count) in counts.enumerated() where !model.variables[variable].isTrainable {
            offsets[variable] = end
            end += PrivateMemory.aligned(count * 4)
        }
        self.offsets = offsets
        stateBytes = end
    }
}
