import Graph
import Messages

/// Normalization of each example over groups of neighbouring channels, as torch.nn.GroupNorm (Wu and He 2018,
/// arXiv:1803.08494).
///
/// y = (x − μ) / √(σ² + ε) · weight + bias. The mean μ and the biased variance σ² are taken over all pixels of C /
/// groups channels of one example; weight and bias are per channel. Training and evaluation are the same.
public struct GroupNormalization: Layer {
    /// (C): the scale; nil without affine.
    public let weight: Parameter?
    /// (C): the shift; nil without affine.
    public let bias: Parameter?
    private let groups: Int
    private let epsilon: Double

    /// Group norm with `groups` groups, which must divide the channels.
    public init(_ groups: Int, epsilon: Double = 1e-5, affine: Bool = true) {
        precondition(groups > 0, "group norm needs at least one group, got \(groups)")
        self.groups = groups
        self.epsilon = epsilon
        weight = affine ? Parameter(.constant(1), role: .normScale) : nil
        bias = affine ? Parameter(.constant(0), role: .normShift) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.groupNormalized(
            GroupNorm(groups: groups, epsilon: epsilon),
            weight: x.builder.variable(weight, shape: [x.shape[1]], otherwise: 1),
            bias: x.builder.variable(bias, shape: [x.shape[1]], otherwise: 0))
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count >= 2 else { throw .expected("(N, C, ...)", found: shape) }
        guard shape[1] % groups == 0 else {
            throw .expected("channels that \(counted(groups, "group")) divide", found: shape)
        }
        guard shape.dropFirst().reduce(1, *) > groups else {
            throw .expected("more than one value in each of \(counted(groups, "group"))", found: shape)
        }
    }
}
