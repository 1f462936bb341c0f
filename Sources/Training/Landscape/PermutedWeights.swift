import DataParallel
import Layers
import Randomness

/// The weights of the same network with its hidden units in another order: the outputs of every linear and
/// convolutional layer but the last are permuted, what batch norm knows of them too, and the next layer's inputs alike.
///
/// A network computes the same function afterwards, but for sums in another order (Entezari et al., "The Role of
/// Permutation Invariance in Linear Mode Connectivity of Neural Networks", ICLR 2022).
struct PermutedWeights {
    private let layers: [any Layer]
    private let variables: [TracedModel.Variable]
    private let state: ModelState
    private let seed: UInt64

    /// Throws unless the model is a list of layers.
    ///
    /// - Parameter seed: What the permutations are drawn from.
    init(_ state: ModelState, seed: UInt64) throws {
        guard let sequential = state.model.model as? Sequential else {
            throw Self.unsupported("it is no list of layers")
        }
        layers = sequential.layers
        variables = state.model.variables
        self.state = state
        self.seed = seed
    }

    private static func unsupported(_ why: String) -> TrainingError {
        TrainingError(
            .configuration,
            "--along permutation permutes lists of linear, conv2d, batch norm, activation, pooling, flatten and dropout layers, without normalized weights or groups; of this model \(why)"
        )
    }

    private static func isWeighted(_ layer: any Layer) -> Bool { layer is Linear || layer is Conv2d }

    private static func isPlain(_ layer: any Layer) -> Bool {
        layer is ReLU || layer is LeakyReLU || layer is Sigmoid || layer is Tanh || layer is GELU
            || layer is Dropout || layer is Flatten || layer is MaxPool2d || layer is AvgPool2d
            || layer is GlobalAvgPool
    }

    /// All values by the model's variables, row-major.
    func values() throws -> [[Float]] {
        var values = variables.indices.map(state.value)
        guard let last = layers.lastIndex(where: Self.isWeighted) else {
            throw Self.unsupported("no layer has units")
        }
        // New unit u of the layer before is its old unit order[u].
        var order: [Int]?
        for (index, layer) in layers[...last].enumerated() {
            let own = variables.indices.filter { variables[$0].name.hasPrefix("\(index).") }
            if Self.isWeighted(layer) {
                order = try permute(&values, own, inputs: order, index, isLast: index == last)
            } else if layer is BatchNormalization || layer is BatchRenormalization {
                guard let order else { continue }
                for place in own where variables[place].shape == [order.count] {
                    values[place] = order.map { values[place][$0] }
                }
            } else if !Self.isPlain(layer) {
                throw Self.unsupported("layer \(index) is another")
            }
        }
        return values
    }

    /// Permutes the parameters of a linear or convolutional layer, and returns the order of its outputs.
    private func permute(
        _ values: inout [[Float]], _ own: [Int], inputs: [Int]?, _ index: Int, isLast: Bool
    ) throws -> [Int]? {
        guard let weight = own.first(where: { variables[$0].name == "\(index).weight" }),
            own.allSatisfy({ ["\(index).weight", "\(index).bias"].contains(variables[$0].name) })
        else { throw Self.unsupported("layer \(index) has other parameters than a weight and a bias") }
        let shape = variables[weight].shape
        let (units, width) = (shape[0], shape[1])
        let inputs = inputs ?? Array(0..<width)
        // Flattened channels: each has its pixels side by side. Grouped convolutions have fewer inputs.
        let (pixels, rest) = width.quotientAndRemainder(dividingBy: inputs.count)
        guard rest == 0, pixels > 0, shape.count == 2 || pixels == 1 else {
            throw Self.unsupported("layer \(index) has \(width) inputs of \(inputs.count) units")
        }
        let random = CounterRandom(seed: seed, purpose: .probe, stream: Self.stream + UInt64(index))
        let order = isLast ? nil : Permutation.shuffled(count: units, random: random).map(Int.init)
        let kernel = shape.dropFirst(2).reduce(1, *)
        let old = values[weight]
        var new: [Float] = []
        new.reserveCapacity(old.count)
        for unit in 0..<units {
            let row = order?[unit] ?? unit
            for input in 0..<width {
                let column = inputs[input / pixels] * pixels + input % pixels
                let start = (row * width + column) * kernel
                new += old[start..<start + kernel]
            }
        }
        values[weight] = new
        if let order {
            for place in own where place != weight { values[place] = order.map { values[place][$0] } }
        }
        return order
    }

    /// A stream above those of random planes.
    private static let stream: UInt64 = 1 << 44
}
