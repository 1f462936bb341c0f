import Graph
import GraphSupport

/// A tensor that a tested function is differentiated in.
struct Leaf: Sendable {
    /// Where its values come from.
    enum Source: Sendable {
        /// One row per example, as the graph's features.
        case features
        /// One row per example, as the graph's targets.
        case targets
        /// One tensor for all shards.
        case parameter
    }

    /// The numbers a leaf is filled with.
    enum Range: Sendable {
        /// Of both signs, distinct, none near zero.
        case distinct
        /// Positive and distinct.
        case positive
    }

    let source: Source
    /// The shape, for features and targets of one example.
    let shape: [Int]
    let range: Range

    static func features(_ shape: [Int], _ range: Range = .distinct) -> Leaf {
        Leaf(source: .features, shape: shape, range: range)
    }

    static func targets(_ shape: [Int], _ range: Range = .distinct) -> Leaf {
        Leaf(source: .targets, shape: shape, range: range)
    }

    static func parameter(_ shape: [Int], _ range: Range = .distinct) -> Leaf {
        Leaf(source: .parameter, shape: shape, range: range)
    }

    /// Whether every example has values of its own.
    var isPerExample: Bool {
        switch source {
        case .features, .targets: true
        case .parameter: false
        }
    }

    /// The shape for `count` examples.
    func shape(count: Int) -> [Int] { isPerExample ? [count] + shape : shape }

    /// A shape that repeats up to `shape(count:)`, the same for every shard.
    var commonShape: [Int] { isPerExample ? [1] + shape : shape }

    /// The leaf in a graph, as the variable `place` if it is one.
    func operation(place: Int) -> Operation {
        switch source {
        case .features: .leaf(.input(.features))
        case .targets: .leaf(.input(.targets))
        case .parameter: .leaf(.parameter(place))
        }
    }

    /// The leaf's tensor in the graph of a shard of `count` examples.
    func tensor(place: Int, count: Int, in builder: GraphBuilder) -> Tensor {
        Tensor(builder.add(operation(place: place), [], type: TensorType(shape(count: count))), in: builder)
    }

    /// Its values for `count` examples.
    func values(count: Int, seed: UInt64) -> ReferenceTensor {
        switch range {
        case .distinct: .distinct(shape(count: count), seed: seed)
        case .positive: .positive(shape(count: count), seed: seed)
        }
    }
}
