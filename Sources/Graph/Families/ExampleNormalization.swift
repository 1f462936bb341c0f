extension Operation {
    /// Normalization of each example by its own moments.
    public enum ExampleNormalization: Sendable, Hashable {
        /// (x, weight, bias) → y: each run of as many elements of x as the weight has, normalized by its own moments,
        /// then times weight plus bias.
        case layerNorm(epsilon: Double)
        /// (x, weight, bias, dy) → (dx, dweight, dbias) of layer norm.
        case layerNormGradient(epsilon: Double)
        /// (x, weight) → y: each run of as many elements of x as the weight has, divided by the root of their mean square,
        /// then times weight.
        case rmsNorm(epsilon: Double)
        /// (x, weight, dy) → (dx, dweight) of RMS norm.
        case rmsNormGradient(epsilon: Double)
        /// (x [N, C, ...], weight [C], bias [C]) → y: each example's groups of neighbouring channels normalized by
        /// their own moments.
        case groupNorm(GroupNorm)
        /// (x, weight, bias, dy) → (dx, dweight, dbias) of group norm.
        case groupNormGradient(GroupNorm)
    }
}

/// What group norm's nodes have in common.
public struct GroupNorm: Sendable, Hashable {
    /// Groups of equally many neighbouring channels; as many as channels make instance norm.
    public let groups: Int
    /// Added to the variance.
    public let epsilon: Double
    /// Whether a ReLU follows, fused.
    public let relu: Bool

    public init(groups: Int, epsilon: Double, relu: Bool = false) {
        self.groups = groups
        self.epsilon = epsilon
        self.relu = relu
    }

    package var withRelu: GroupNorm { GroupNorm(groups: groups, epsilon: epsilon, relu: true) }
}

extension Operation.ExampleNormalization: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        let (x, weight) = (operands[0], operands[1])
        switch self {
        case .rmsNorm, .rmsNormGradient:
            operands.require(
                x.shape.suffix(weight.shape.count) == weight.shape[...],
                "the weight must have the shape of the last dimensions")
            return operands.count == 2 ? [x] : [x, weight]
        case .layerNorm, .layerNormGradient:
            operands.require(
                weight == operands[2] && x.shape.suffix(weight.shape.count) == weight.shape[...],
                "weight and bias must have the shape of the last dimensions")
        case .groupNorm(let attributes), .groupNormGradient(let attributes):
            operands.require(
                operands.channels() % attributes.groups == 0,
                "\(attributes.groups) groups do not divide the channels")
            operands.require(
                weight.shape == [operands.channels()] && operands[2] == weight,
                "weight and bias need one value per channel")
        }
        return operands.count == 3 ? [x] : [x, weight, weight]
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        switch self {
        case .layerNorm(let epsilon): Self.gradient(.layerNormGradient(epsilon: epsilon), dy, node)
        case .rmsNorm(let epsilon): Self.gradient(.rmsNormGradient(epsilon: epsilon), dy, node)
        case .groupNorm(let attributes): Self.gradient(.groupNormGradient(attributes), dy, node)
        case .layerNormGradient, .rmsNormGradient, .groupNormGradient: noGradient()
        }
    }

    var definition: Definition? {
        switch self {
        case .layerNorm(let epsilon):
            return { operands in
                let x = operands[0]
                let count = operands[1].type.count
                let rows = [count == 0 ? 0 : x.type.count / count, count]
                let y = x.reshaped(to: rows).standardized([1], epsilon).reshaped(to: x.shape)
                let leading = Array(repeating: 1, count: x.shape.count - operands[1].shape.count)
                func repeated(_ operand: Tensor) -> Tensor {
                    operand.reshaped(to: leading + operand.shape).broadcast(to: x.shape)
                }
                return [y * repeated(operands[1]) + repeated(operands[2])]
            }
        case .groupNorm(let attributes):
            return { operands in
                let x = operands[0]
                let groups = [
                    x.shape[0], attributes.groups, x.shape.dropFirst().reduce(1, *) / attributes.groups,
                ]
                let y = x.reshaped(to: groups).standardized([2], attributes.epsilon).reshaped(to: x.shape)
                return [y.affine(operands[1], operands[2], relu: attributes.relu)]
            }
        case .rmsNorm(let epsilon):
            return { operands in
                let x = operands[0]
                let count = operands[1].type.count
                let rows = x.reshaped(to: [count == 0 ? 0 : x.type.count / count, count])
                let root = (rows.squared().mean([1]) + epsilon).squareRoot()
                let y = (rows * root.reciprocal().broadcast(to: rows.shape)).reshaped(to: x.shape)
                let leading = Array(repeating: 1, count: x.shape.count - operands[1].shape.count)
                return [y * operands[1].reshaped(to: leading + operands[1].shape).broadcast(to: x.shape)]
            }
        case .layerNormGradient, .rmsNormGradient, .groupNormGradient: return nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }

    /// One operation makes the derivatives in all operands from them and dy.
    private static func gradient(_ operation: Self, _ dy: Tensor, _ node: BackwardNode) -> [Tensor?] {
        let made = dy.builder.addNode(
            .exampleNormalization(operation), (node.operands + [dy]).map(\.value))
        return node.operands.indices.map {
            node.wanted[$0] ? Tensor(Graph.Value(made, $0), in: dy.builder) : nil
        }
    }
}

extension Tensor {
    /// Each run of as many elements as `weight` has, normalized by its own moments, then times `weight` plus `bias`,
    /// both of the shape of the last dimensions.
    package func layerNormalized(epsilon: Double, weight: Tensor, bias: Tensor) -> Tensor {
        applying(.exampleNormalization(.layerNorm(epsilon: epsilon)), weight, bias)
    }

    /// Each run of as many elements as `weight` has, divided by the root of their mean square, then times `weight`.
    package func rmsNormalized(epsilon: Double, weight: Tensor) -> Tensor {
        applying(.exampleNormalization(.rmsNorm(epsilon: epsilon)), weight)
    }

    /// Each example's groups of neighbouring channels normalized by their own moments, then times `weight` plus
    /// `bias`, both (C).
    package func groupNormalized(_ attributes: GroupNorm, weight: Tensor, bias: Tensor) -> Tensor {
        applying(.exampleNormalization(.groupNorm(attributes)), weight, bias)
    }

    /// (x − mean) / √(variance + ε) with moments over `axes`.
    fileprivate func standardized(_ axes: [Int], _ epsilon: Double) -> Tensor {
        let centered = self - mean(axes).broadcast(to: shape)
        let deviation = (centered.squared().mean(axes) + epsilon).squareRoot()
        // A row's factor is made once: its derivatives are sums over the row, not divisions of every element.
        return centered * deviation.reciprocal().broadcast(to: shape)
    }
}
