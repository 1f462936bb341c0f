import Graph

/// Normalization of each example over its last dimensions, as torch.nn.LayerNorm (Ba, Kiros and Hinton 2016,
/// arXiv:1607.06450).
///
/// y = (x − μ) / √(σ² + ε) · weight + bias, where the mean μ and the biased variance σ² are taken over the last
/// dimensions of each example alone: training and evaluation are the same, and nothing depends on the mini-batch.
/// Weight and bias have the shape of those dimensions.
public struct LayerNormalization: Layer {
    /// The scale, in the shape of the normalized dimensions; nil without affine.
    public let weight: Parameter?
    /// The shift, in the shape of the normalized dimensions; nil without affine or without bias.
    public let bias: Parameter?
    private let shape: [Int]?
    private let epsilon: Double

    /// Layer norm over the last dimensions `shape` of an example; unless given over all of them, but of the positions of a
    /// sequence (N, T, E) over the last one.
    public init(_ shape: [Int]? = nil, epsilon: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
        precondition(
            shape.map { !$0.isEmpty && $0.allSatisfy { $0 > 0 } } ?? true,
            "layer norm over a shape of \(shape ?? [])")
        self.shape = shape
        self.epsilon = epsilon
        weight = affine ? Parameter(.constant(1), role: .normScale) : nil
        self.bias = affine && bias ? Parameter(.constant(0), role: .normShift) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        if shape == nil, x.shape.count == 3 { x.readAsSequences(along: 1) }
        let shape = shape ?? (x.shape.count == 3 ? [x.shape[2]] : Array(x.shape.dropFirst()))
        return x.layerNormalized(
            epsilon: epsilon, weight: x.builder.variable(weight, shape: shape, otherwise: 1),
            bias: x.builder.variable(bias, shape: shape, otherwise: 0))
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count >= 2 else { throw .expected("(N, ...)", found: shape) }
        guard let wanted = self.shape else { return }
        guard shape.count > wanted.count, Array(shape.suffix(wanted.count)) == wanted else {
            let extents = wanted.map(String.init).joined(separator: ", ")
            throw .expected("the last dimensions to be (\(extents))", found: shape)
        }
    }
}

extension GraphBuilder {
    /// The tensor of a variable, or one filled with `constant` where there is none.
    func variable(_ variable: (any TracedVariable)?, shape: [Int], otherwise constant: Double) -> Tensor {
        variable.map { self.variable($0, shape: shape) } ?? self.constant(constant, shape: shape)
    }
}
