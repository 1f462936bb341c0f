import Cluster
import Layers

/// The places of a model's variables in memory: parameters in one stretch, states in another.
struct VariablePlaces {
    /// The places of parameters in their stretch.
    let layout: ParameterLayout
    /// The byte offset of each variable in its stretch.
    let offsets: [Int]
    /// The size of the states in bytes.
    let stateBytes: Int

    /// Places for the variables of `model`, with parameters in the order `order`, in which gradients become ready.
    init(_ model: TracedModel, order: [Int], bucketBytes: Int) {
        let counts = model.variables.map(\.count)
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
