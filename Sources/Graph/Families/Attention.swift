extension Operation {
    /// Scaled dot-product attention of several heads (Vaswani et al. 2017).
    ///
    /// N examples of T queries, of S keys and values, E features: those of head h are h·D ..< (h + 1)·D, D = E / heads. A row
    /// of a matrix is a position, example by example. Behind what attends follow, where there are any: the queries' lengths
    /// int32[N], the keys' lengths, and the examples' indices, which key the dropout of weights.
    public enum Attention: Sendable, Hashable {
        /// (what attends, ...) → (y [N·T, E], logarithms of the sums of exponentials [N, heads, T]).
        case attention(AttentionForm)
        /// (what attends, y, logarithms, dy, ...) → the derivatives in what attends.
        case attentionGradient(AttentionForm)
    }
}

/// What attention attends to, and how.
public struct AttentionForm: Sendable, Hashable {
    /// Where queries, keys and values come from.
    public enum Source: Sendable, Hashable {
        /// One matrix [N·T, 3·E]: queries, keys and values side by side.
        case own
        /// Queries [N·T, E]; keys and values side by side [N·S, 2·E].
        case other
    }

    public let source: Source
    public let heads: Int
    /// T and S.
    public let queries: Int
    public let keys: Int
    /// Whether query i sees the keys up to i alone.
    public let isCausal: Bool
    /// Whether queries and keys have lengths.
    public let hasQueryLengths: Bool
    public let hasKeyLengths: Bool
    /// The share of weights that dropout zeroes, and the number that tells its draws from those of others.
    public let dropout: Double
    public let tag: Int

    /// The operands that attend.
    var sources: Int { source == .own ? 1 : 2 }

    /// 1/√D.
    func scale(_ features: Int) -> Double { 1 / Double(features / heads).squareRoot() }
}

extension Operation.Attention: OperationFamily {
    private var form: AttentionForm {
        switch self {
        case .attention(let form), .attentionGradient(let form): form
        }
    }

    func types(of operands: OperandTypes) -> [TensorType] {
        let form = form
        let first = operands.matrix(0)
        let features = form.source == .own ? first.columns / 3 : first.columns
        operands.require(
            form.queries > 0 && first.rows % form.queries == 0 && features % form.heads == 0
                && (form.source == .other || first.columns % 3 == 0),
            "rows are positions of \(form.queries) queries, columns the features of \(form.heads) heads")
        let examples = first.rows / form.queries
        if form.source == .other {
            operands.require(
                operands[1].shape == [examples * form.keys, 2 * features],
                "keys and values must be [N·\(form.keys), \(2 * features)]")
        }
        operands.require(!form.isCausal || form.queries == form.keys, "causal attention needs T = S")
        switch self {
        case .attention:
            return [
                TensorType([first.rows, features]), TensorType([examples, form.heads, form.queries]),
            ]
        case .attentionGradient: return Array(operands.types.prefix(form.sources))
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        guard case .attention(let form) = self else { noGradient() }
        let read =
            node.operands.prefix(form.sources) + node.results + [dy] + node.operands.dropFirst(form.sources)
        let made = dy.builder.addNode(.attention(.attentionGradient(form)), read.map(\.value))
        return (0..<form.sources).map {
            node.wanted[$0] ? Tensor(Graph.Value(made, $0), in: dy.builder) : nil
        }
    }

    /// All weights at once, N·heads·T·S numbers: for second derivatives alone.
    var definition: Definition? {
        guard case .attention(let form) = self else { return nil }
        return { operands in
            let examples = operands[0].shape[0] / form.queries
            let features = form.source == .own ? operands[0].shape[1] / 3 : operands[0].shape[1]
            func heads(_ operand: Int, _ part: Int, _ steps: Int) -> Tensor {
                operands[operand].sliced(1, (part * features)..<((part + 1) * features))
                    .reshaped(to: [examples, steps, form.heads, features / form.heads])
                    .transposed([0, 2, 1, 3])
            }
            let own = form.source == .own
            let query = heads(0, 0, form.queries)
            let key = heads(own ? 0 : 1, own ? 1 : 0, form.keys)
            let value = heads(own ? 0 : 1, own ? 2 : 1, form.keys)
            var rest = operands.dropFirst(form.sources)
            let queryLengths = form.hasQueryLengths ? rest.removeFirst() : nil
            let keyLengths = form.hasKeyLengths ? rest.removeFirst() : nil
            var scores = query.batchedMatmul(key, transposeB: true) * form.scale(features)
            let shape = scores.shape
            if let visible = form.visible(keyLengths: keyLengths, shape: shape, in: query.builder) {
                let never = query.builder.constant(-Double(Float.greatestFiniteMagnitude) / 4, shape: shape)
                scores = visible.selecting(scores, else: never)
            }
            let largest = scores.maximum([3]).detached()
            var weights = (scores - largest.broadcast(to: shape)).exp()
            let sums = weights.sum([3])
            weights = weights / sums.broadcast(to: shape)
            if form.dropout > 0, let indices = rest.first {
                weights =
                    weights
                    * indices.applying(
                        .random(.dropoutMask(rate: form.dropout, tag: form.tag, shape: shape)))
            }
            var y = weights.batchedMatmul(value).transposed([0, 2, 1, 3])
                .reshaped(to: [examples, form.queries, features])
            if let queryLengths { y = y.with(lengths: queryLengths).zeroedBeyondLengths() }
            let logarithms = (largest + sums.log()).reshaped(to: [examples, form.heads, form.queries])
            return [y.reshaped(to: [examples * form.queries, features]), logarithms]
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int {
        let form = form
        let features = operands[0].shape[1] / (form.source == .own ? 3 : 1)
        let product = 2 * operands[0].shape[0] * form.keys * features / (form.isCausal ? 2 : 1)
        switch self {
        case .attention: return 2 * product
        case .attentionGradient: return 5 * product
        }
    }
}

extension AttentionForm {
    /// 1 where a query sees a key, of `shape` [N, heads, T, S]; nil where each sees all.
    fileprivate func visible(keyLengths: Tensor?, shape: [Int], in builder: GraphBuilder) -> Tensor? {
        var visible = keyLengths.map { lengths in
            lengths.positionMask(steps: keys).reshaped(to: [shape[0], 1, 1, keys]).broadcast(to: shape)
        }
        if isCausal {
            let places = builder.constant(1, shape: [queries]).cumulativeSum(0)
            let query = places.reshaped(to: [1, 1, queries, 1]).broadcast(to: shape)
            let key = places.reshaped(to: [1, 1, 1, keys]).broadcast(to: shape)
            let isPast = key.isAtMost(query)
            visible = visible.map { $0 * isPast } ?? isPast
        }
        return visible
    }
}

extension Tensor {
    /// Attention of positions to those of their own example.
    ///
    /// This tensor is [N·T, 3·E]: queries, keys and values side by side. Its lengths, if it has any, are those of the examples.
    ///
    /// - Parameters:
    ///   - steps: T.
    ///   - isCausal: Whether a position sees only itself and those in front of it.
    ///   - dropout: The share of weights that are zeroed in training.
    /// - Returns: [N·T, E], zeros beyond lengths.
    public func selfAttention(steps: Int, heads: Int, isCausal: Bool, dropout: Double = 0) -> Tensor {
        attending(
            .own, with: [], queries: steps, keys: steps, heads: heads, isCausal: isCausal, dropout: dropout,
            lengths: (lengths, lengths), features: shape[1] / 3)
    }

    /// Attention of this tensor's positions [N·T, E] to the positions of other sequences.
    ///
    /// - Parameters:
    ///   - other: Keys and values side by side: [N·S, 2·E]. Its lengths, if it has any, are those of the keys.
    ///   - queries: T.
    ///   - keys: S.
    /// - Returns: [N·T, E], zeros beyond this tensor's lengths.
    public func attention(
        to other: Tensor, queries: Int, keys: Int, heads: Int, dropout: Double = 0
    ) -> Tensor {
        attending(
            .other, with: [other], queries: queries, keys: keys, heads: heads, isCausal: false,
            dropout: dropout, lengths: (lengths, other.lengths), features: shape[1])
    }

    private func attending(
        _ source: AttentionForm.Source, with others: [Tensor], queries: Int, keys: Int, heads: Int,
        isCausal: Bool, dropout: Double, lengths: (queries: Tensor?, keys: Tensor?), features: Int
    ) -> Tensor {
        let rate = builder.dropsOut ? dropout : 0
        let form = AttentionForm(
            source: source, heads: heads, queries: queries, keys: keys, isCausal: isCausal,
            hasQueryLengths: lengths.queries != nil, hasKeyLengths: lengths.keys != nil, dropout: rate,
            tag: rate > 0 ? builder.nextDropoutTag() : 0)
        let indices =
            rate > 0 ? [builder.input(.exampleIndices, TensorType([shape[0] / queries], .int64))] : []
        let optional = [lengths.queries, lengths.keys].compactMap { $0 } + indices
        return applying(.attention(.attention(form)), others + optional).with(lengths: lengths.queries)
    }
}
