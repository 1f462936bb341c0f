extension Graph {
    /// The forward graph with ReLUs fused into the batch norm, dense layer or bias they alone follow.
    ///
    /// Runs before differentiation: the fused forms have derivatives of their own.
    package func fusingActivations() -> Graph {
        let uses = useCounts()
        // A producer whose only reader is a ReLU is built in its fused form; the ReLU then passes it on.
        var fused = Array(repeating: false, count: nodes.count)
        for node in nodes where node.operation == .unary(.relu) {
            let source = node.operands[0]
            if source.output == 0, uses[source.node][0] == 1, nodes[source.node].operation.withRelu != nil {
                fused[source.node] = true
            }
        }
        var index = -1
        return rewritten { builder, node, operands in
            index += 1
            if fused[index], let operation = node.operation.withRelu {
                let made = builder.addNode(operation, operands.map(\.value))
                return node.types.indices.map { Tensor(Value(made, $0), in: builder) }
            }
            if node.operation == .unary(.relu), fused[node.operands[0].node] { return operands }
            return nil
        }
    }
}

extension Operation {
    /// This operation followed by a ReLU in one, where there is such a form.
    fileprivate var withRelu: Operation? {
        switch self {
        case .linear(relu: false): .linear(relu: true)
        case .biasAdd(relu: false): .biasAdd(relu: true)
        case .batchNorm(let attributes) where !attributes.relu: .batchNorm(attributes.withRelu)
        case .batchNormInference(let attributes) where !attributes.relu:
            .batchNormInference(attributes.withRelu)
        case .groupNorm(let attributes) where !attributes.relu: .groupNorm(attributes.withRelu)
        default: nil
        }
    }
}
