import Graph

/// Layers applied one after another, as torch.nn.Sequential; parameters are named by the layer's index.
public struct Sequential: Layer, ExpressibleByArrayLiteral {
    /// The layers, first applied first.
    public let layers: [any Layer]

    /// A chain of `layers`.
    public init(_ layers: [any Layer]) { self.layers = layers }

    /// A chain written as a list.
    public init(arrayLiteral elements: any Layer...) { self.init(elements) }

    public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }

    public func check(input shape: [Int]) throws(ModelError) { _ = try outputShape(input: shape) }

    /// The shape the chain makes of `shape`, or where it does not fit.
    func outputShape(input shape: [Int]) throws(ModelError) -> [Int] {
        var shape = shape
        for (index, layer) in layers.enumerated() {
            do { try layer.check(input: shape) } catch { throw error.inside(String(index)) }
            shape = ModelVariables(of: layer).outputShape(of: layer, input: shape)
        }
        return shape
    }
}
