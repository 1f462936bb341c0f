import Graph

/// A recurrent network of tanh or ReLU units: (N, T, F) → (N, T, H), as torch.nn.RNN with batch_first.
///
/// Beyond an example's length outputs are 0, and a reversed direction begins at the example's own last position.
public struct RNN: Layer, CustomReflectable {
    private let stack: RecurrentStack

    /// Layers of `hidden` units.
    ///
    /// - Parameters:
    ///   - isReLU: Whether units are max(a, 0) rather than tanh(a).
    ///   - dropout: The share of outputs of every layer but the last that are zeroed in training.
    public init(
        _ hidden: Int, layers: Int = 1, isReLU: Bool = false, isBidirectional: Bool = false,
        bias: Bool = true, dropout: Double = 0, initializer: Initializer? = nil
    ) {
        stack = RecurrentStack(
            isReLU ? .relu : .tanh, hidden: hidden, layers: layers, isBidirectional: isBidirectional,
            bias: bias, dropout: dropout, initializer: initializer)
    }

    public var customMirror: Mirror { stack.mirror(of: self) }
    public func callAsFunction(_ x: Tensor) -> Tensor { stack(x) }
    public func check(input shape: [Int]) throws(ModelError) { try stack.check(input: shape) }
}

/// Long short-term memory (Hochreiter and Schmidhuber 1997): (N, T, F) → (N, T, H), as torch.nn.LSTM with batch_first.
///
/// Beyond an example's length outputs are 0, and a reversed direction begins at the example's own last position.
public struct LSTM: Layer, CustomReflectable {
    private let stack: RecurrentStack

    /// Layers of `hidden` units.
    ///
    /// - Parameter dropout: The share of outputs of every layer but the last that are zeroed in training.
    public init(
        _ hidden: Int, layers: Int = 1, isBidirectional: Bool = false, bias: Bool = true,
        dropout: Double = 0, initializer: Initializer? = nil
    ) {
        stack = RecurrentStack(
            .lstm, hidden: hidden, layers: layers, isBidirectional: isBidirectional, bias: bias,
            dropout: dropout, initializer: initializer)
    }

    public var customMirror: Mirror { stack.mirror(of: self) }
    public func callAsFunction(_ x: Tensor) -> Tensor { stack(x) }
    public func check(input shape: [Int]) throws(ModelError) { try stack.check(input: shape) }
}

/// Gated recurrent units (Cho et al. 2014): (N, T, F) → (N, T, H), as torch.nn.GRU with batch_first.
///
/// Beyond an example's length outputs are 0, and a reversed direction begins at the example's own last position.
public struct GRU: Layer, CustomReflectable {
    private let stack: RecurrentStack

    /// Layers of `hidden` units.
    ///
    /// - Parameter dropout: The share of outputs of every layer but the last that are zeroed in training.
    public init(
        _ hidden: Int, layers: Int = 1, isBidirectional: Bool = false, bias: Bool = true,
        dropout: Double = 0, initializer: Initializer? = nil
    ) {
        stack = RecurrentStack(
            .gru, hidden: hidden, layers: layers, isBidirectional: isBidirectional, bias: bias,
            dropout: dropout, initializer: initializer)
    }

    public var customMirror: Mirror { stack.mirror(of: self) }
    public func callAsFunction(_ x: Tensor) -> Tensor { stack(x) }
    public func check(input shape: [Int]) throws(ModelError) { try stack.check(input: shape) }
}
