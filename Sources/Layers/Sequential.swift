import Graph

/// Layers applied one after another, as torch.nn.Sequential; parameters are named by the layer's index.
public struct Sequential: Layer, ExpressibleByArrayLiteral {
    /// The layers, in the order in which they are applied.
    public let layers: [any Layer]

    /// A chain of `layers`; an empty one is the identity.
    public init(_ layers: [any Layer]) { self.layers = layers }

    /// The same as an array literal, such as `[Linear(10), ReLU()]`.
    public init(arrayLiteral elements: any Layer...) { self.init(elements) }

    public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }

    public func check(input shape: [Int]) throws(ModelError) { _ = try outputShape(input: shape) }

    /// The output's shape for an input of `shape`; throws with the path of the layer that does not fit.
    func outputShape(input shape: [Int]) throws(ModelError) -> [Int] {
        var shape = shape
        for (index, layer) in layers.enumerated() {
            do { try layer.check(input: shape) } catch { throw error.inside(String(index)) }
            shape = ModelVariables(of: layer).outputShape(of: layer, input: shape)
        }
        return shape
    }
}
