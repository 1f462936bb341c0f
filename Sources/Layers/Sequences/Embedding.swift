import Graph

/// A row of a table for each token: (N, T) → (N, T, E), as torch.nn.Embedding. Tokens are whole numbers of either type,
/// int32 or float32.
public struct Embedding: Layer {
    /// (V, E): a row for each of V tokens.
    public let weight: Parameter
    private let tokens: Int
    private let features: Int
    private let padding: Int?

    /// A table of `tokens` rows of `features` numbers.
    ///
    /// - Parameters:
    ///   - paddingIndex: A token whose row starts as zeros and is not trained; nil for none.
    ///   - initializer: How the other rows' first values are drawn.
    public init(
        _ tokens: Int, features: Int, paddingIndex: Int? = nil, initializer: Initializer = .normal()
    ) {
        precondition(
            tokens > 0 && features > 0 && paddingIndex.map { 0..<tokens ~= $0 } ?? true,
            "an embedding of \(tokens) tokens in \(features) features, padding \(paddingIndex ?? -1)")
        self.tokens = tokens
        self.features = features
        padding = paddingIndex
        weight = Parameter(paddingIndex.map { .zeroRow($0, of: initializer) } ?? initializer)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        return x.builder.variable(weight, shape: [tokens, features])
            .gatheredRows(x.converted(to: .int32), frozen: padding).with(lengths: x.lengths)
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 2 else { throw .expected("tokens (N, T)", found: shape) }
    }
}
