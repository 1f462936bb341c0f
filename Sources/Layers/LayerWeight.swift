import Graph

/// A layer's weight (O, ...): a parameter, or a tensor computed from parameters that are named as
/// torch.nn.utils.parametrizations names them.
///
/// Computed weights depend on parameters and buffers alone, so each rank makes them once per step, not once per shard.
public struct LayerWeight: Sendable {
    /// The parameter that the layer's initializer draws: the weight itself, weight norm's v, or the W that spectral
    /// norm divides.
    public let parameter: Parameter
    private let form: Form

    private enum Form: Sendable {
        case plain
        /// The magnitudes g: (O, 1, ...).
        case weightNorm(magnitude: Parameter)
        /// (O) and (product of the rest): the current estimate of the singular vectors of the largest singular value.
        case spectralNorm(left: Buffer, right: Buffer)
    }

    /// The least divisor of a vector that is normalized, so that a zero weight does not divide by 0; torch's default.
    private static let epsilon = 1e-12

    /// A weight of `form` whose `parameter` is drawn by `initializer`.
    init(_ form: WeightForm, initializer: Initializer) {
        parameter = Parameter(initializer)
        switch form {
        case .plain: self.form = .plain
        case .weightNorm: self.form = .weightNorm(magnitude: Parameter(.norms(of: parameter)))
        case .spectralNorm:
            self.form = .spectralNorm(
                left: Buffer(.leftSingularVector(of: parameter)),
                right: Buffer(.rightSingularVector(of: parameter)))
        }
    }

    /// The variables that make the weight, under torch's names.
    var variables: [(label: String?, value: Any)] {
        let path = "parametrizations.weight."
        switch form {
        case .plain: return [("weight", parameter)]
        case .weightNorm(let magnitude):
            return [(path + "original0", magnitude), (path + "original1", parameter)]
        case .spectralNorm(let left, let right):
            return [(path + "original", parameter), (path + "0._u", left), (path + "0._v", right)]
        }
    }

    /// The tensor of a weight of `shape`, with its form's computation.
    func callAsFunction(shape: [Int], in builder: GraphBuilder) -> Tensor {
        let weight = builder.variable(parameter, shape: shape)
        switch form {
        case .plain: return weight
        case .weightNorm(let magnitude):
            let norms = weight.squared().sum(Array(1..<shape.count)).squareRoot()
            let magnitudes = builder.variable(magnitude, shape: norms.shape)
            return weight * (magnitudes / norms).broadcast(to: shape)
        case .spectralNorm(let left, let right):
            let sigma = largestSingularValue(of: weight, left: left, right: right)
            return weight / sigma.filled(shape)
        }
    }

    /// σ = uᵀ W v. In training u and v first take one step of the power method, through which no gradient flows: u ← W
    /// v / ‖W v‖, v ← Wᵀ u / ‖Wᵀ u‖.
    private func largestSingularValue(of weight: Tensor, left: Buffer, right: Buffer) -> Tensor {
        let builder = weight.builder
        let matrix = weight.reshaped(to: [weight.shape[0], weight.shape.dropFirst().reduce(1, *)])
        let (rows, columns) = (matrix.shape[0], matrix.shape[1])
        func timesRight(_ matrix: Tensor, _ v: Tensor) -> Tensor {
            (matrix * v.reshaped(to: [1, columns]).broadcast(to: matrix.shape)).sum([1]).reshaped(to: [rows])
        }
        var u = builder.variable(left, shape: [rows])
        var v = builder.variable(right, shape: [columns])
        if builder.mode == .training {
            let fixed = matrix.detached()
            u = Self.normalized(timesRight(fixed, v))
            let product = fixed * u.reshaped(to: [rows, 1]).broadcast(to: matrix.shape)
            v = Self.normalized(product.sum([0]).reshaped(to: [columns]))
            builder.update(left, to: u)
            builder.update(right, to: v)
        }
        return (u * timesRight(matrix, v)).sum()
    }

    /// x / max(‖x‖, ε) of a vector.
    private static func normalized(_ x: Tensor) -> Tensor {
        let norm = x.squared().sum().squareRoot()
        let divisor = (norm + -epsilon).relu() + epsilon
        return x / divisor.filled(x.shape)
    }
}
