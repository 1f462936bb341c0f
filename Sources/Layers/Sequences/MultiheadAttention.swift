import Graph

/// The parameters of a dense layer inside another layer, which knows how many outputs there are.
public struct Projection: Sendable {
    /// (O, I).
    public let weight: Parameter
    /// (O); nil without bias.
    public let bias: Parameter?

    init(bias: Bool = true, biasInitializer: Initializer? = nil) {
        weight = Parameter(.torchDefault)
        self.bias = bias ? Parameter(biasInitializer ?? .torchDefaultBias(of: weight), role: .bias) : nil
    }

    /// x wᵀ + b of rows.
    func callAsFunction(_ x: Tensor, outputs: Int) -> Tensor {
        x.linear(
            weight: x.builder.variable(weight, shape: [outputs, x.shape[1]]),
            bias: bias.map { x.builder.variable($0, shape: [outputs]) })
    }
}

/// Attention of positions to each other, or to those of another sequence, as torch.nn.MultiheadAttention with batch_first.
public struct MultiheadAttention: Layer {
    /// (3·E, E): queries, keys and values.
    public let inProjWeight: Parameter
    /// (3·E); nil without bias.
    public let inProjBias: Parameter?
    /// The layer behind the heads.
    public let outProj: Projection
    private let heads: Int
    private let dropout: Double
    private let isCausal: Bool

    /// Attention with `heads` heads, which divide the number of features.
    ///
    /// - Parameters:
    ///   - dropout: The share of weights that are zeroed in training.
    ///   - isCausal: Whether a position sees only itself and those in front of it.
    public init(
        heads: Int, dropout: Double = 0, bias: Bool = true, isCausal: Bool = false,
        initializer: Initializer = .xavierUniform()
    ) {
        precondition(
            heads > 0 && (0..<1).contains(dropout), "attention of \(heads) heads, dropout \(dropout)")
        self.heads = heads
        self.dropout = dropout
        self.isCausal = isCausal
        inProjWeight = Parameter(initializer)
        inProjBias = bias ? Parameter(.constant(0), role: .bias) : nil
        outProj = Projection(bias: bias, biasInitializer: .constant(0))
    }

    /// Attention of the positions of (N, T, E) to each other: (N, T, E).
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        return rows(of: x.reshaped(to: [x.shape[0] * x.shape[1], x.shape[2]]), steps: x.shape[1])
            .reshaped(to: x.shape)
    }

    /// Attention of the positions of (N, T, E) to those of `memory`, (N, S, E): (N, T, E).
    public func callAsFunction(_ x: Tensor, to memory: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        let (width, keys) = (x.shape[2], memory.shape[1])
        let queries = x.reshaped(to: [x.shape[0] * x.shape[1], width])
        let positions = memory.reshaped(to: [memory.shape[0] * keys, width])
        return rows(of: queries, steps: x.shape[1], to: positions, keys: keys).reshaped(to: x.shape)
    }

    /// The same of rows [N·T, E] to each other.
    func rows(of x: Tensor, steps: Int) -> Tensor {
        let projected = x.linear(weight: weight(x), bias: bias(x))
        if let carried = x.builder.carried {
            if !isCausal { carried.refuse("attention that is not causal reads what comes later") }
            return outProj(attention(of: projected, carried), outputs: x.shape[1])
        }
        return outProj(
            projected.selfAttention(steps: steps, heads: heads, isCausal: isCausal, dropout: dropout),
            outputs: x.shape[1])
    }

    /// Attention of one position [1, 3·E] to itself and to those in front of it, whose keys and values are kept.
    private func attention(of projected: Tensor, _ carried: CarriedStates) -> Tensor {
        let (builder, width) = (projected.builder, projected.shape[1] / 3)
        let shape = [carried.longest, 2 * width]
        let before = carried.state(shape, in: builder)
        let own = projected.sliced(1, width..<(3 * width)).broadcast(to: shape)
        let mark = carried.mark(in: builder).reshaped(to: [carried.longest, 1]).broadcast(to: shape)
        let all = mark.selecting(own, else: before.value)
        carried.keep(all, at: before.place)
        return projected.sliced(1, 0..<width).attention(
            to: all.with(lengths: carried.count(in: builder)), queries: 1, keys: carried.longest, heads: heads
        )
    }

    /// The same of rows [N·T, E] to rows [N·S, E].
    func rows(of x: Tensor, steps: Int, to memory: Tensor, keys: Int) -> Tensor {
        let (weight, bias, width) = (weight(x), bias(x), x.shape[1])
        let queries = x.linear(
            weight: weight.sliced(0, 0..<width), bias: bias?.sliced(0, 0..<width))
        let others = memory.linear(
            weight: weight.sliced(0, width..<(3 * width)), bias: bias?.sliced(0, width..<(3 * width)))
        return outProj(
            queries.attention(to: others, queries: steps, keys: keys, heads: heads, dropout: dropout),
            outputs: width)
    }

    private func weight(_ x: Tensor) -> Tensor {
        x.builder.variable(inProjWeight, shape: [3 * x.shape[1], x.shape[1]])
    }

    private func bias(_ x: Tensor) -> Tensor? {
        inProjBias.map { x.builder.variable($0, shape: [3 * x.shape[1]]) }
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 3 else { throw .expected("sequences (N, T, features)", found: shape) }
        guard shape[2] % heads == 0 else {
            throw .expected("features that \(heads) heads divide", found: shape)
        }
    }
}
