import Graph

/// A function of tensors with parameters of its own, called like a function: `let y = layer(x)`.
///
/// A model is a value whose stored properties are layers; calling it once on symbolic tensors traces its graph.
/// Parameters are named after the properties that hold them, as in torch: `conv1.weight`.
///
///     struct MyNet: Model {
///         let hidden = Linear(128)
///         let output = Linear(10)
///         func callAsFunction(_ x: Tensor) -> Tensor { output(hidden(x.flattened()).relu()) }
///     }
public protocol Layer: Sendable {
    /// The layer's result for `x`, whose first dimension counts examples.
    func callAsFunction(_ x: Tensor) -> Tensor
    /// Throws if the layer cannot take an input of `shape` (the number of examples included).
    func check(input shape: [Int]) throws(ModelError)
}

extension Layer {
    public func check(input shape: [Int]) throws(ModelError) {}
}

/// A layer that is a whole network.
public typealias Model = Layer
