import Graph

/// What flows through a model between its input and its output.
extension TracedModel {
    /// A place inside the model that is looked at.
    package struct Signal: Sendable, Equatable {
        /// What makes it.
        package enum Kind: Sendable, Equatable {
            /// A ReLU.
            case rectified
            /// A weight: a dense layer or a convolution, before anything is done with its result.
            case weighted
        }

        /// What makes it.
        package let kind: Kind
        /// Which of that kind it is, from 0, in the order in which the model computes them.
        package let number: Int
        /// The weight that it is made with last, by its name; nil where there is none.
        package let parameter: String?
        /// Units, or channels.
        package let width: Int
    }

    /// The places of a kind, in the order in which the model computes them.
    package func signals(_ kind: Signal.Kind) -> [Signal] {
        Self.places(kind, in: trace.nodes).enumerated().map { number, place in
            let shape = trace.nodes[place].types[0].shape
            return Signal(
                kind: kind, number: number, parameter: weight(before: place),
                width: shape.count > 1 ? shape[Self.unitAxis(of: place, in: trace.nodes)] : 1)
        }
    }

    /// Whether the first thing that is done to the examples is to normalize them.
    package var normalizesInputs: Bool {
        let moves = Set(
            trace.nodes.indices.filter { place in
                switch trace.nodes[place].operation {
                case .leaf(.input(.features)), .shape(.reshape), .shape(.transpose): true
                default: false
                }
            })
        let first = trace.nodes.first { node in
            node.operands.contains { moves.contains($0.node) } && !isMove(node.operation)
        }
        switch first?.operation {
        case .batchNormalization, .exampleNormalization: return true
        default: return false
        }
    }

    /// The graph of what a place holds as in evaluation, as its prediction: each unit's largest value over an example's
    /// positions [N, width].
    package func signalGraph(_ inputs: InputTypes, _ signal: Signal) -> Graph {
        signalGraph(inputs, signal) { value, axis in
            let isLast = axis == value.shape.count - 1
            let positions = value.type.count / max(1, inputs.count * signal.width)
            // A sequence's positions stand in front of the units, as rows of their own or as a dimension.
            let units =
                isLast
                ? value.reshaped(to: [inputs.count, positions, signal.width]).transposed([0, 2, 1])
                : value.reshaped(to: [inputs.count, signal.width, positions])
            return units.maximum([2]).reshaped(to: [inputs.count, signal.width])
        }
    }

    /// The graph of the mean square of what a place holds as in evaluation, as its prediction: [N, 1].
    package func signalPowerGraph(_ inputs: InputTypes, _ signal: Signal) -> Graph {
        signalGraph(inputs, signal) { value, _ in
            let width = value.type.count / max(1, inputs.count)
            return value.squared().reshaped(to: [inputs.count, width]).mean([1])
        }
    }

    private func signalGraph(
        _ inputs: InputTypes, _ signal: Signal, _ result: (_ value: Tensor, _ unitAxis: Int) -> Tensor
    ) -> Graph {
        let builder = GraphBuilder(mode: .evaluation, variables: variables.map(\.source))
        _ = model(examples(in: builder, inputs))
        let place = Self.places(signal.kind, in: builder.nodes)[signal.number]
        let value = Tensor(Graph.Value(place), in: builder)
        let made = result(value, Self.unitAxis(of: place, in: builder.nodes))
        return builder.graph(for: [Graph.Result(.output(.prediction), made.value)]).fusingActivations()
    }

    /// The dimension that counts units: the last one of what dense layers make, channels of anything else.
    private static func unitAxis(of place: Int, in nodes: [Graph.Node]) -> Int {
        var source = place
        while true {
            switch nodes[source].operation {
            case .dense(.linear): return nodes[place].types[0].shape.count - 1
            case .shape(.reshape), .elementwise(.unary): source = nodes[source].operands[0].node
            default: return 1
            }
        }
    }

    private static func places(_ kind: Signal.Kind, in nodes: [Graph.Node]) -> [Int] {
        nodes.indices.filter { place in
            switch (kind, nodes[place].operation) {
            case (.rectified, .elementwise(.unary(.relu))), (.weighted, .dense(.linear)),
                (.weighted, .convolution(.convolution)):
                true
            default: false
            }
        }
    }

    private func isMove(_ operation: Operation) -> Bool {
        switch operation {
        case .shape(.reshape), .shape(.transpose): true
        default: false
        }
    }

    /// The name of the weight nearest before a node.
    private func weight(before place: Int) -> String? {
        var open = [place]
        var seen: Set<Int> = []
        while !open.isEmpty {
            let node = open.removeFirst()
            if case .leaf(.parameter(let number)) = trace.nodes[node].operation,
                variables[number].role == .weight
            {
                return variables[number].name
            }
            for operand in trace.nodes[node].operands where seen.insert(operand.node).inserted {
                open.append(operand.node)
            }
        }
        return nil
    }
}
