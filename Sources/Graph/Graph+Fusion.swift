extension Graph {
    /// The forward graph with ReLUs fused into the batch norm, dense layer or bias they alone follow.
    ///
    /// Runs before differentiation: the fused forms have derivatives of their own.
    package func fusingActivations() -> Graph {
        let uses = useCounts()
        // A producer whose only reader is a ReLU is built in its fused form; the ReLU then passes it on.
        var fused = Array(repeating: false, count: nodes.count)
        for node in nodes where node.operation == .elementwise(.unary(.relu)) {
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
            if node.operation == .elementwise(.unary(.relu)), fused[node.operands[0].node] { return operands }
            return nil
        }
    }
}

extension Operation {
    /// This operation followed by a ReLU in one, where there is such a form.
    fileprivate var withRelu: Operation? {
        switch self {
        case .dense(.linear(relu: false)): .dense(.linear(relu: true))
        case .dense(.biasAdd(relu: false)): .dense(.biasAdd(relu: true))
        case .batchNormalization(.batchNorm(let attributes)) where !attributes.relu:
            .batchNormalization(.batchNorm(attributes.withRelu))
        case .batchNormalization(.batchNormInference(let attributes)) where !attributes.relu:
            .batchNormalization(.batchNormInference(attributes.withRelu))
        case .exampleNormalization(.groupNorm(let attributes)) where !attributes.relu:
            .exampleNormalization(.groupNorm(attributes.withRelu))
        default: nil
        }
    }
}
