extension Graph {
    /// The graph with every group of gradients summed over all shards by one collective.
    ///
    /// - Parameter groups: Parameters whose gradients travel together, in the order in which groups become ready;
    ///   the order is part of the program, so it is the same on every rank.
    package func reducingGradients(in groups: [[Int]]) -> Graph {
        let builder = GraphBuilder(continuing: self)
        var summed: [Int: Value] = [:]
        for group in groups {
            let gradients = group.compactMap { value(for: .gradient(parameter: $0)) }
            precondition(
                gradients.count == group.count, "a group names a parameter without a gradient: \(group)")
            let node = builder.addNode(.collective(.crossShardSum), gradients)
            for (output, parameter) in group.enumerated() { summed[parameter] = Value(node, output) }
        }
        return builder.graph(
            for: results.map { result in
                guard case .gradient(let parameter) = result.role, let value = summed[parameter] else {
                    return result
                }
                return Result(result.role, value)
            })
    }
}

extension Graph {
    /// The graph with the gradient of its objective in each parameter: this shard's part of it.
    package func addingGradients(parameterShapes: [(parameter: Int, shape: [Int])]) -> Graph {
        guard let objective = value(for: .output(.objective)) else {
            preconditionFailure("the graph has no objective to differentiate")
        }
        let builder = GraphBuilder(continuing: self)
        let targets = parameterShapes.map { parameter, shape in
            Tensor(builder.add(.leaf(.parameter(parameter)), [], type: TensorType(shape)), in: builder)
        }
        let gradients = Differentiation.gradients(of: Tensor(objective, in: builder), in: targets)
        let made = zip(parameterShapes, gradients).map {
            Result(.gradient(parameter: $0.0.parameter), $0.1.value)
        }
        return builder.graph(for: results.filter { $0.role != .output(.objective) } + made)
    }
}

extension Graph {
    /// The graph of H · v in place of its objective: H holds the objective's second derivatives in the parameters, v is the
    /// direction given with the run.
    ///
    /// It is the gradient of ⟨∇ objective, v⟩, so that every operation is differentiated twice: composites are taken apart
    /// before each time.
    ///
    /// - Parameter givesSlope: Whether ⟨∇ objective, v⟩ is an output, for which gradients are computed that the product alone
    ///   does not need.
    package func hessianProduct(
        parameterShapes: [(parameter: Int, shape: [Int])], givesSlope: Bool = false
    ) -> Graph {
        let first = decomposed().addingGradients(parameterShapes: parameterShapes).decomposed()
        let builder = GraphBuilder(continuing: first)
        let terms = parameterShapes.compactMap { parameter, shape -> Tensor? in
            guard let gradient = first.value(for: .gradient(parameter: parameter)) else { return nil }
            let direction = builder.add(.leaf(.direction(parameter)), [], type: TensorType(shape))
            return (Tensor(gradient, in: builder) * Tensor(direction, in: builder)).sum()
        }
        let slope = terms.dropFirst().reduce(terms.first ?? builder.constant(0, shape: [])) { $0 + $1 }
        let outputs = givesSlope ? [Result(.output(.slope), slope.value)] : []
        return builder.graph(for: [Result(.output(.objective), slope.value)] + outputs)
            .addingGradients(parameterShapes: parameterShapes)
    }
}
