import Graph

/// (N, ...) → (N, product of the rest), as torch.nn.Flatten.
public struct Flatten: Layer {
    public init() {}
    public func callAsFunction(_ x: Tensor) -> Tensor { x.flattened() }
}
