import Graph

/// Self-attention, attention to a memory and two dense layers, as torch.nn.TransformerDecoderLayer with batch_first.
///
/// A layer of two inputs, for models written in Swift: `decoder(target, memory)`. Both may have lengths.
public struct TransformerDecoderLayer: Sendable {
    public let selfAttn: MultiheadAttention
    public let multiheadAttn: MultiheadAttention
    public let linear1: Linear
    public let linear2: Projection
    public let norm1 = LayerNormalization()
    public let norm2 = LayerNormalization()
    public let norm3 = LayerNormalization()
    private let options: TransformerOptions

    /// A layer by `options`; a causal one attends to its own positions causally, to all of the memory.
    public init(_ options: TransformerOptions) {
        self.options = options
        selfAttn = MultiheadAttention(
            heads: options.heads, dropout: options.dropout, isCausal: options.isCausal)
        multiheadAttn = MultiheadAttention(heads: options.heads, dropout: options.dropout)
        linear1 = Linear(options.feedforward)
        linear2 = Projection()
    }

    /// (N, T, E) and (N, S, E) → (N, T, E).
    public func callAsFunction(_ x: Tensor, _ memory: Tensor) -> Tensor {
        let (width, steps, keys) = (x.shape[2], x.shape[1], memory.shape[1])
        let positions = memory.reshaped(to: [memory.shape[0] * keys, width])
        let first = options.residual(
            x.reshaped(to: [x.shape[0] * steps, width]), steps: steps, norm1
        ) { selfAttn.rows(of: $0, steps: steps) }
        let second = options.residual(first, steps: steps, norm2) {
            multiheadAttn.rows(of: $0, steps: steps, to: positions, keys: keys)
        }
        let third = options.residual(second, steps: steps, norm3) { rows in
            linear2(options.droppedOut(options.activation(linear1(rows)), steps: steps), outputs: width)
        }
        return third.reshaped(to: x.shape)
    }
}

/// Layers of a Transformer's decoder on top of each other, as torch.nn.TransformerDecoder.
public struct TransformerDecoder: Sendable {
    public let layers: [TransformerDecoderLayer]

    public init(_ count: Int, _ options: TransformerOptions) {
        precondition(count > 0, "a decoder of \(count) layers")
        layers = (0..<count).map { _ in TransformerDecoderLayer(options) }
    }

    /// (N, T, E) and the memory (N, S, E) → (N, T, E).
    public func callAsFunction(_ x: Tensor, _ memory: Tensor) -> Tensor {
        layers.reduce(x) { $1($0, memory) }
    }
}
