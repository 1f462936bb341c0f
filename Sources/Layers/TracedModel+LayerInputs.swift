import Graph

/// What the layers with weights read.
extension TracedModel {
    /// What a linear layer or a convolution reads of the layers below it.
    package struct LayerInput: Sendable, Equatable {
        /// The weight's name.
        package let parameter: String
        /// Features, or channels.
        package let width: Int
        /// Rows of one example: positions of a sequence that are rows of a matrix, else 1.
        package let rows: Int
        /// Values of a channel for one row.
        package let positions: Int
        /// Which of all linear layers and convolutions it is, from 0, in the order in which the model computes them.
        let number: Int
    }

    /// What the layers with weights read, in the order in which the model computes them; without the first layers, which
    /// read the examples themselves.
    package var layerInputs: [LayerInput] {
        let signals = signals(.weighted)
        let places = Self.layers(in: trace.nodes)
        var seen: Set<String> = []
        return signals.indices.compactMap { number in
            let value = trace.nodes[places[number]].operands[0]
            // A weight that is used again has its first input here.
            guard let name = signals[number].parameter, dependsOnParameters(value), seen.insert(name).inserted
            else { return nil }
            let shape = trace.type(of: value).shape
            // The trace has two examples.
            return LayerInput(
                parameter: name, width: shape[1], rows: shape[0] / 2,
                positions: shape.dropFirst(2).reduce(1, *), number: number)
        }
    }

    /// The graph of all of `layerInputs`, as outputs of these numbers: [N, C] or [N, C, H, W]. Batch norm uses the
    /// mini-batch's moments, as in training; dropout leaves nothing out.
    package func layerInputGraph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .training, dropsOut: false, variables: variables.map(\.source))
        _ = model(examples(in: builder, inputs))
        let places = Self.layers(in: builder.nodes)
        let results = layerInputs.enumerated().map { place, input in
            Graph.Result(.output(.layerInput(place)), builder.nodes[places[input.number]].operands[0])
        }
        return builder.graph(for: results).fusingActivations()
    }

    private static func layers(in nodes: [Graph.Node]) -> [Int] {
        nodes.indices.filter { place in
            switch nodes[place].operation {
            case .dense(.linear), .convolution(.convolution): true
            default: false
            }
        }
    }

    private func dependsOnParameters(_ value: Graph.Value) -> Bool {
        var open = [value.node]
        var seen: Set<Int> = []
        while let place = open.popLast() {
            if case .leaf(.parameter) = trace.nodes[place].operation { return true }
            for operand in trace.nodes[place].operands where seen.insert(operand.node).inserted {
                open.append(operand.node)
            }
        }
        return false
    }
}
