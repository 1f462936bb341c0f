import Graph

/// max(x, 0), as torch.nn.ReLU.
public struct ReLU: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) -> Tensor { x.relu() }
}

/// x where x > 0, else slope · x, as torch.nn.LeakyReLU.
public struct LeakyReLU: Layer {
    private let slope: Double
    public init(slope: Double = 0.01) { self.slope = slope }
    public func callAsFunction(_ x: Tensor) -> Tensor { x.leakyRelu(slope: slope) }
}

/// 1 / (1 + e^−x), as torch.nn.Sigmoid.
public struct Sigmoid: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) -> Tensor { x.sigmoid() }
}

/// The hyperbolic tangent, as torch.nn.Tanh.
public struct Tanh: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) -> Tensor { x.tanh() }
}

/// x/2 · (1 + erf(x/√2)), as torch.nn.GELU (Hendrycks and Gimpel 2016).
public struct GELU: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) -> Tensor { x.gelu() }
}

/// Rows to probabilities, as torch.nn.Softmax(dim: 1).
public struct Softmax: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) -> Tensor { x.softmax() }
    public func check(input shape: [Int]) throws(ModelError) { try requireRows(shape) }
}

/// Rows to logarithms of probabilities, as torch.nn.LogSoftmax(dim: 1).
public struct LogSoftmax: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) -> Tensor { x.logSoftmax() }
    public func check(input shape: [Int]) throws(ModelError) { try requireRows(shape) }
}

private func requireRows(_ shape: [Int]) throws(ModelError) {
    guard shape.count == 2 else { throw .expected("rows (N, K)", found: shape) }
}
