import Graph
import Messages

/// y = x wᵀ + b on the last dimension: (N, I) → (N, O) or (N, T, I) → (N, T, O), as torch.nn.Linear.
public struct Linear: Layer, CustomReflectable {
    /// (O, I).
    public let weight: LayerWeight
    /// (O); nil without bias.
    public let bias: Parameter?
    private let inputs: Int?
    private let outputs: Int

    /// A dense layer of `outputs` units; the number of inputs is inferred unless given.
    ///
    /// - Parameters:
    ///   - initializer: How the weight's first values are drawn.
    ///   - biasInitializer: How the bias's first values are drawn; torch's default unless given.
    ///   - form: Whether the weight is a parameter or computed from others.
    public init(
        _ outputs: Int, inputs: Int? = nil, bias: Bool = true, initializer: Initializer = .torchDefault,
        biasInitializer: Initializer? = nil, form: WeightForm = .plain
    ) {
        precondition(outputs > 0, "a linear layer needs at least one output, got \(outputs)")
        self.inputs = inputs
        self.outputs = outputs
        weight = LayerWeight(form, initializer: initializer)
        self.bias =
            bias ? Parameter(biasInitializer ?? .torchDefaultBias(of: weight.parameter), role: .bias) : nil
    }

    /// The variables under torch's names.
    public var customMirror: Mirror {
        Mirror(self, children: weight.variables + [("bias", bias as Any)], displayStyle: .struct)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.shape.count == 3 { x.readAsSequences(along: 1) }
        let features = x.shape[x.shape.count - 1]
        let weight = weight(shape: [outputs, inputs ?? features], in: x.builder)
        let rows = x.reshaped(to: [x.shape.dropLast().reduce(1, *), features])
        let y = rows.linear(weight: weight, bias: bias.map { x.builder.variable($0, shape: [outputs]) })
        return y.reshaped(to: x.shape.dropLast() + [outputs])
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard 2...3 ~= shape.count else {
            throw .expected("(N, features)", found: shape, "put flatten in front")
        }
        if let inputs, shape[shape.count - 1] != inputs {
            throw .expected(counted(inputs, "feature"), found: shape, "leave out in")
        }
    }
}
