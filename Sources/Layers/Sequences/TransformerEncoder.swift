import Graph

/// How a layer of a Transformer is built; defaults are torch's.
public struct TransformerOptions: Sendable, Hashable {
    /// What stands between the two dense layers.
    public enum Activation: String, Sendable, Hashable, CaseIterable {
        case relu, gelu

        func callAsFunction(_ x: Tensor) -> Tensor {
            switch self {
            case .relu: x.relu()
            case .gelu: x.gelu()
            }
        }
    }

    /// Heads of attention; they divide the number of features.
    public var heads: Int
    /// Units of the first dense layer.
    public var feedforward: Int
    /// The share of elements that are zeroed in training: of weights, behind each part, and between the dense layers.
    public var dropout: Double
    public var activation: Activation
    /// Whether each part is normalized in front, rather than the sum behind it.
    public var normFirst: Bool
    /// Whether a position sees only itself and those in front of it.
    public var isCausal: Bool

    public init(
        heads: Int, feedforward: Int = 2048, dropout: Double = 0.1, activation: Activation = .relu,
        normFirst: Bool = false, isCausal: Bool = false
    ) {
        precondition(
            heads > 0 && feedforward > 0 && (0..<1).contains(dropout),
            "\(heads) heads, \(feedforward) units, dropout \(dropout)")
        self.heads = heads
        self.feedforward = feedforward
        self.dropout = dropout
        self.activation = activation
        self.normFirst = normFirst
        self.isCausal = isCausal
    }

    /// A part's result, with elements zeroed in training. Dropout counts the elements of an example.
    func droppedOut(_ rows: Tensor, steps: Int) -> Tensor {
        guard dropout > 0, rows.builder.dropsOut else { return rows }
        let examples = rows.shape[0] / steps
        let indices = rows.builder.input(.exampleIndices, TensorType([examples], .int64))
        return rows.reshaped(to: [examples, steps, rows.shape[1]])
            .droppedOut(rate: dropout, exampleIndices: indices).reshaped(to: rows.shape)
    }

    /// x + part(x), normalized in front of the part or behind the sum.
    func residual(
        _ x: Tensor, steps: Int, _ norm: LayerNormalization, _ part: (Tensor) -> Tensor
    ) -> Tensor {
        if normFirst { return x + droppedOut(part(norm(x)), steps: steps) }
        return norm(x + droppedOut(part(x), steps: steps))
    }
}

/// Self-attention and two dense layers, each with a way around it, as torch.nn.TransformerEncoderLayer with batch_first.
public struct TransformerEncoderLayer: Layer {
    public let selfAttn: MultiheadAttention
    public let linear1: Linear
    public let linear2: Projection
    public let norm1 = LayerNormalization()
    public let norm2 = LayerNormalization()
    private let options: TransformerOptions

    public init(_ options: TransformerOptions) {
        self.options = options
        selfAttn = MultiheadAttention(
            heads: options.heads, dropout: options.dropout, isCausal: options.isCausal)
        linear1 = Linear(options.feedforward)
        linear2 = Projection()
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        return rows(of: x.reshaped(to: [x.shape[0] * x.shape[1], x.shape[2]]), steps: x.shape[1])
            .reshaped(to: x.shape)
    }

    /// The same of rows [N·T, E].
    func rows(of x: Tensor, steps: Int) -> Tensor {
        let y = options.residual(x, steps: steps, norm1) { selfAttn.rows(of: $0, steps: steps) }
        return options.residual(y, steps: steps, norm2) { rows in
            let inner = options.droppedOut(options.activation(linear1(rows)), steps: steps)
            return linear2(inner, outputs: x.shape[1])
        }
    }

    public func check(input shape: [Int]) throws(ModelError) { try selfAttn.check(input: shape) }
}

/// Layers of a Transformer's encoder on top of each other, as torch.nn.TransformerEncoder: (N, T, E) → (N, T, E).
///
/// Positions beyond an example's length are seen by none and come out as they may: what follows leaves them out.
public struct TransformerEncoder: Layer {
    public let layers: [TransformerEncoderLayer]

    public init(_ count: Int, _ options: TransformerOptions) {
        precondition(count > 0, "an encoder of \(count) layers")
        layers = (0..<count).map { _ in TransformerEncoderLayer(options) }
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        // Inside, positions are rows of a matrix, so that dense layers follow each other without a change of layout.
        let rows = x.reshaped(to: [x.shape[0] * x.shape[1], x.shape[2]])
        return layers.reduce(rows) { $1.rows(of: $0, steps: x.shape[1]) }.reshaped(to: x.shape)
    }

    public func check(input shape: [Int]) throws(ModelError) { try layers[0].check(input: shape) }
}
