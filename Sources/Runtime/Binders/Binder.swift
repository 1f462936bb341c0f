import CKernels
import Graph

/// A node of the graph at the place in the program where its kernel is bound.
struct Site {
    let context: PlanningContext
    let builder: ProgramBuilder
    /// The node's number in the graph.
    let index: Int

    var node: Graph.Node { context.graph.nodes[index] }

    /// Adds the steps that compute the node's results.
    ///
    /// The switch is exhaustive, as are those of the binders: an operation without a kernel does not compile.
    func bindKernel() throws(RuntimeError) {
        if try bindAddedBatchNorm() { return }
        switch node.operation {
        case .leaf(let operation): LeafBinder(site: self).bind(operation)
        case .elementwise(let operation): try ElementwiseBinder(site: self).bind(operation)
        case .random(let operation): try RandomBinder(site: self).bind(operation)
        case .shape(let operation): try ShapeBinder(site: self).bind(operation)
        case .moves(let operation): try MovesBinder(site: self).bind(operation)
        case .lookup(let operation): try LookupBinder(site: self).bind(operation)
        case .sequence(let operation): try SequenceBinder(site: self).bind(operation)
        case .recurrent(let operation): try RecurrentBinder(site: self).bind(operation)
        case .attention(let operation): try AttentionBinder(site: self).bind(operation)
        case .dense(let operation): try DenseBinder(site: self).bind(operation)
        case .convolution(let operation): try ConvolutionBinder(site: self).bind(operation)
        case .pooling(let operation): try PoolingBinder(site: self).bind(operation)
        case .rows(let operation): try RowsBinder(site: self).bind(operation)
        case .batchNormalization(let operation): try BatchNormalizationBinder(site: self).bind(operation)
        case .exampleNormalization(let operation): try ExampleNormalizationBinder(site: self).bind(operation)
        // Ranks run collectives together, between the parts of the program.
        case .collective: break
        }
    }
}

/// Binds the kernels of one family of operations.
protocol Binder {
    associatedtype Family
    /// The node that is bound.
    var site: Site { get }
    /// Adds the steps that compute `operation`, the node's.
    func bind(_ operation: Family) throws(RuntimeError)
}

/// The node's operands and results, by their places as the operation's documentation lists them.
extension Binder {
    var node: Graph.Node { site.node }
    var builder: ProgramBuilder { site.builder }
    var kernels: UnsafePointer<dt_kernels> { site.context.kernels }

    /// The type of an operand.
    func type(_ operand: Int) -> TensorType { builder.type(node.operands[operand]) }

    /// The layout an operand was made in, and its buffer there.
    func native(_ operand: Int) -> ProgramBuilder.Version { builder.native(node.operands[operand]) }

    /// The buffer of an operand in `layout`.
    func buffer(_ operand: Int, _ layout: Layout) throws(RuntimeError) -> Int {
        try builder.buffer(node.operands[operand], layout)
    }

    /// The buffer of an operand in row-major order.
    func plain(_ operand: Int) throws(RuntimeError) -> Int { try builder.plain(node.operands[operand]) }

    /// The layout an image operand came in, if the vector loops read it; else row-major.
    func imageLayout(_ operand: Int) -> Layout { builder.imageLayout(node.operands[operand]) }

    /// A new buffer for a result in `layout`.
    func define(_ layout: Layout = .plain, result: Int = 0) -> Int {
        builder.define(Graph.Value(site.index, result), layout)
    }

    /// Says that the result stands in `buffer`, in `layout`.
    func alias(_ buffer: Int, _ layout: Layout = .plain) {
        builder.alias(Graph.Value(site.index), buffer, layout)
    }
}
