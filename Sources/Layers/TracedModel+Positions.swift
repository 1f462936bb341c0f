import Graph

/// Models of tokens position by position, each time with what they keep of the positions in front.
extension TracedModel {
    /// A model that is run for one position of one sequence at a time.
    package struct PositionModel: Sendable {
        /// The most positions that may be looked at.
        package let longest: Int
        /// The shapes of what is kept.
        package let states: [[Int]]
        /// The types of its inputs: the token [1, 1], where it stands, and the states.
        package let inputs: InputTypes
        /// Its outputs for the position as its prediction, and the next states.
        package let graph: Graph
    }

    /// The model for one position at a time, of up to `longest`; throws where an output reads what comes later, or where
    /// positions are not told apart as layers of dtrain do.
    package func positionModel(longest: Int) throws(ModelError) -> PositionModel {
        // The first trace tells how many positions the model tells apart, on which the shapes of states depend.
        let first = try trace(longest: longest)
        let most = first.builder.carried?.longest ?? longest
        let output = most == longest ? first : try trace(longest: most)
        guard let carried = output.builder.carried else { preconditionFailure("a trace without positions") }
        var types: [GraphInput: TensorType] = [
            .features: TensorType([1, 1], exampleElement), .position: TensorType([1], .int32),
            .positionCount: TensorType([1], .int32), .positionMark: TensorType([most]),
        ]
        var results: [Graph.Result] = []
        for (place, shape) in carried.shapes.enumerated() {
            types[.carried(place)] = TensorType(shape)
            guard let value = carried.next[place] else { preconditionFailure("state \(place) is not kept") }
            results.append(Graph.Result(.output(.carried(place)), value))
        }
        results.insert(Graph.Result(.output(.prediction), output.value), at: 0)
        return PositionModel(
            longest: most, states: carried.shapes, inputs: InputTypes(count: 1, types),
            graph: output.builder.graph(for: results).fusingActivations())
    }

    private func trace(longest: Int) throws(ModelError) -> Tensor {
        let builder = GraphBuilder(
            mode: .evaluation, variables: variables.map(\.source), carrying: longest)
        // Layers whose weights depend on the number of positions would stop the program: they are looked for first.
        try model.check(input: [1, 1])
        let output = model(builder.input(.features, TensorType([1, 1], exampleElement)))
        if let problem = builder.carried?.problem { throw ModelError(problem) }
        for (variable, shape) in zip(variables, builder.shapes) where shape != variable.shape {
            throw ModelError(
                "\(variable.name) has a weight for each position, so that the model cannot be run position by position"
            )
        }
        guard output.shape.count == 3, output.shape[1] == 1 else {
            throw ModelError("the model has no outputs for each position")
        }
        return output
    }
}
