import Graph

/// A table of a model's layers, with shapes and costs for one example.
package struct ModelSummary: Sendable {
    package struct Row: Sendable {
        /// The layer's index in its chain, or the name of the property that holds it.
        package let name: String
        package let kind: String
        /// The output's shape for one example; nil where the model is not a `Sequential`.
        package let outputShape: [Int]?
        /// Trainable elements.
        package let parameters: Int
        /// Floating-point operations of a forward pass of one example; nil where the model is not a `Sequential`.
        package let flops: Int?
    }
    package let rows: [Row]
    /// Trainable elements of the whole model.
    package let parameters: Int
    /// Floating-point operations of a forward pass of one example.
    package let forwardFLOPs: Int
    /// Floating-point operations of a training step of one example: forward and backward.
    package let trainingFLOPs: Int

    package init(_ model: TracedModel) {
        let counts = model.variables.map { $0.isTrainable ? $0.count : 0 }
        parameters = model.parameterCount
        forwardFLOPs = model.predictionGraph(count: 1).flops
        trainingFLOPs = model.target == .none ? 3 * forwardFLOPs : model.trainingGraph(count: 2).flops / 2
        func count(below name: String) -> Int {
            zip(model.variables, counts).filter { $0.0.name.hasPrefix(name + ".") }.map(\.1).reduce(0, +)
        }
        if let chain = model.model as? Sequential {
            var shape = [1] + model.exampleShape
            rows = chain.layers.enumerated().map { index, layer in
                let builder = GraphBuilder(
                    mode: .evaluation, variables: ModelVariables(of: layer).variables.map(\.variable))
                let output = layer(builder.input(.features, TensorType(shape)))
                shape = output.shape
                return Row(
                    name: String(index), kind: String(describing: type(of: layer)),
                    outputShape: Array(output.shape.dropFirst()), parameters: count(below: String(index)),
                    flops: Graph(nodes: builder.nodes, results: []).flops)
            }
        } else {
            rows = Mirror(reflecting: model.model).children.compactMap { child in
                guard let label = child.label, child.value is any Layer else { return nil }
                let name = ModelVariables.snakeCase(label)
                return Row(
                    name: name, kind: String(describing: type(of: child.value)), outputShape: nil,
                    parameters: count(below: name), flops: nil)
            }
        }
    }
}
