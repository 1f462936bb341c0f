import Graph

/// y = x wᵀ + b on the last of two dimensions: (N, I) → (N, O), as torch.nn.Linear.
public struct Linear: Layer {
    /// (O, I).
    public let weight: Parameter
    /// (O).
    public let bias: Parameter?
    private let inputs: Int?
    private let outputs: Int

    /// A dense layer of `outputs` units; the number of inputs is inferred unless given.
    public init(_ outputs: Int, inputs: Int? = nil, bias: Bool = true) {
        precondition(outputs > 0, "a linear layer needs at least one output, got \(outputs)")
        self.inputs = inputs
        self.outputs = outputs
        weight = Parameter(.torchDefault)
        self.bias = bias ? Parameter(.torchDefaultBias(of: weight)) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let weight = x.builder.variable(weight, shape: [outputs, inputs ?? x.shape[1]])
        return x.linear(weight: weight, bias: bias.map { x.builder.variable($0, shape: [outputs]) })
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 2 else { throw .expected("(N, features); put flatten in front", found: shape) }
        if let inputs, shape[1] != inputs { throw .expected("\(inputs) features", found: shape) }
    }
}
