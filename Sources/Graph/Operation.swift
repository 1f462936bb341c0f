/// What a node of the graph computes: one of a family of operations.
///
/// Everything an operation says of itself stands in its family's file under Families: its cases and attributes, the types
/// of its results, its gradient, its definition in primitives if it is a composite, and its FLOPs. `family` chooses the
/// family by an exhaustive switch, as does the runtime's choice of a kernel, so that neither can be forgotten.
///
/// Dimension letters: N examples of the shard, C channels, H and W pixels, K classes, I and O the inputs and outputs of a
/// dense layer.
public enum Operation: Sendable, Hashable, CustomStringConvertible {
    /// What a graph starts from.
    case leaf(Leaf)
    /// Functions of single elements.
    case elementwise(Elementwise)
    /// Random numbers.
    case random(Random)
    /// Moves, repetitions and reductions of elements.
    case shape(Shape)
    /// Elements along one axis.
    case moves(Moves)
    /// Rows of a table, chosen by their numbers.
    case lookup(Lookup)
    /// Sequences that end early.
    case sequence(Sequence)
    /// Recurrent layers.
    case recurrent(Recurrent)
    /// Scaled dot-product attention.
    case attention(Attention)
    /// Products of matrices and dense layers.
    case dense(Dense)
    /// Convolutions.
    case convolution(Convolution)
    /// Pooling of images.
    case pooling(Pooling)
    /// Rows of classes: softmax, cross-entropy, accuracy.
    case rows(Rows)
    /// Normalization of channels over the examples of a mini-batch.
    case batchNormalization(BatchNormalization)
    /// Normalization of each example by its own moments.
    case exampleNormalization(ExampleNormalization)
    /// What all shards of a mini-batch contribute to.
    case collective(Collective)

    /// What the operation's family says of it.
    var family: any OperationFamily {
        switch self {
        case .leaf(let operation): operation
        case .elementwise(let operation): operation
        case .random(let operation): operation
        case .shape(let operation): operation
        case .moves(let operation): operation
        case .lookup(let operation): operation
        case .sequence(let operation): operation
        case .recurrent(let operation): operation
        case .attention(let operation): operation
        case .dense(let operation): operation
        case .convolution(let operation): operation
        case .pooling(let operation): operation
        case .rows(let operation): operation
        case .batchNormalization(let operation): operation
        case .exampleNormalization(let operation): operation
        case .collective(let operation): operation
        }
    }

    /// The operation without its family, such as `matmul(transposeA: true, transposeB: false)`: checkpoints hold a digest of
    /// the text of graphs, which must stay as it is for a run to go on.
    public var description: String { "\(family)" }

    /// Whether every shard of the mini-batch has to contribute before the result is there.
    public var isCollective: Bool {
        if case .collective = self { true } else { false }
    }

    /// Whether the operation is a fast form of other operations, into which `Graph.decomposed()` takes it apart.
    package var isComposite: Bool { family.definition != nil }
}
