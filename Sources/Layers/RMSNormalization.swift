import Graph

/// Division of the last dimension by its root mean square, as torch.nn.RMSNorm (Zhang and Sennrich 2019).
///
/// y = x / √(mean of x² + ε) · weight.
public struct RMSNormalization: Layer {
    /// (E): the scale; nil without affine.
    public let weight: Parameter?
    private let epsilon: Double

    /// RMS norm with ε, which is Float32's machine epsilon unless given, as torch has it.
    public init(epsilon: Double? = nil, affine: Bool = true) {
        self.epsilon = epsilon ?? Double(Float.ulpOfOne)
        weight = affine ? Parameter(.constant(1), role: .normScale) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.shape.count == 3 { x.readAsSequences(along: 1) }
        let features = x.shape[x.shape.count - 1]
        return x.rmsNormalized(
            epsilon: epsilon, weight: x.builder.variable(weight, shape: [features], otherwise: 1))
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count >= 2 else { throw .expected("(N, ..., features)", found: shape) }
    }
}
