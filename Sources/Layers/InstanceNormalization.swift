import Graph

/// Normalization of each channel of each example by its own moments, as torch.nn.InstanceNorm1d of sequences (N, C, L)
/// and InstanceNorm2d of images (N, C, H, W) (Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022).
///
/// Group norm with as many groups as channels: y = (x − μ) / √(σ² + ε), then weight and bias per channel if affine.
/// There are no running statistics, as by torch's default, so training and evaluation are the same.
public struct InstanceNormalization: Layer {
    /// (C): the scale; nil without affine.
    public let weight: Parameter?
    /// (C): the shift; nil without affine.
    public let bias: Parameter?
    private let epsilon: Double

    /// Instance norm with torch's defaults.
    public init(epsilon: Double = 1e-5, affine: Bool = false) {
        self.epsilon = epsilon
        weight = affine ? Parameter(.constant(1), role: .normScale) : nil
        bias = affine ? Parameter(.constant(0), role: .normShift) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let channels = x.shape[1]
        return x.groupNormalized(
            GroupNorm(groups: channels, epsilon: epsilon),
            weight: x.builder.variable(weight, shape: [channels], otherwise: 1),
            bias: x.builder.variable(bias, shape: [channels], otherwise: 0))
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 3 || shape.count == 4 else {
            throw .expected("sequences (N, C, L) or images (N, C, H, W)", found: shape)
        }
        guard shape.dropFirst(2).reduce(1, *) > 1 else {
            throw .expected("more than one value in each channel", found: shape)
        }
    }
}
