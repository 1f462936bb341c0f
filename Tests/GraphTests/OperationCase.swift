import Graph
import GraphSupport
import Testing

/// A function of leaves, written with the operation under test, on a mini-batch in several shards.
struct OperationCase: Sendable, CustomTestStringConvertible {
    /// What a case's function is written with.
    struct Ingredients {
        let builder: GraphBuilder
        /// In the order of the case's leaves.
        let leaves: [Tensor]
        /// int32[N], below 4.
        let labels: Tensor
        /// int64[N].
        let exampleIndices: Tensor
        /// Examples of the shard.
        let count: Int

        subscript(place: Int) -> Tensor { leaves[place] }

        /// What `operation` makes of these operands.
        func node(_ operation: Operation, _ operands: Tensor...) -> Tensor {
            Tensor(builder.add(operation, operands.map(\.value)), in: builder)
        }
    }

    let name: String
    let leaves: [Leaf]
    /// Examples of each shard.
    let counts: [Int]
    /// Whether the operation has a derivative only in its decomposition.
    let decomposedFirst: Bool
    let build: @Sendable (Ingredients) -> Tensor

    init(
        _ name: String, _ leaves: [Leaf], counts: [Int] = [3, 1, 2], decomposedFirst: Bool = false,
        _ build: @escaping @Sendable (Ingredients) -> Tensor
    ) {
        self.name = name
        self.leaves = leaves
        self.counts = counts
        self.decomposedFirst = decomposedFirst
        self.build = build
    }

    var testDescription: String { name }

    /// The values of all leaves for the whole mini-batch.
    var values: [ReferenceTensor] {
        let examples = counts.reduce(0, +)
        return leaves.indices.map { leaves[$0].values(count: examples, seed: 100 + UInt64($0)) }
    }

    /// The shards with these leaves' values, labels, and indices beyond 32 bits.
    func shards(_ values: [ReferenceTensor]) -> [ReferenceShard] {
        let examples = counts.reduce(0, +)
        var batch = ReferenceShard(count: examples)
        for (leaf, tensor) in zip(leaves, values) {
            switch leaf.source {
            case .features: batch.features = tensor
            case .targets: batch.targets = tensor
            case .parameter: break
            }
        }
        batch.labels = ReferenceTensor([examples], (0..<examples).map { Double(($0 * 3 + 1) % 4) })
        batch.exampleIndices = ReferenceTensor(
            [examples], (0..<examples).map { Double(5_000_000_000 + 1_000_003 * $0) })
        return batch.split(counts)
    }

    /// Parameters at their leaf's place, then the objective's weights.
    func variables(_ values: [ReferenceTensor]) -> [ReferenceTensor] {
        values + [.uniform(weightsShape, seed: 7)]
    }

    /// A direction per leaf, the same for each example.
    var directions: [ReferenceTensor] {
        leaves.indices.map { .uniform(leaves[$0].commonShape, seed: 200 + UInt64($0)) }
    }

    /// y and the objective Σ w·y + ½ Σ y² of a shard, whose cotangent w + y differs in every element.
    func forwardGraph(count: Int) -> Graph {
        let builder = GraphBuilder(mode: .training)
        let y = output(in: builder, count: count)
        let weights = Tensor(
            builder.add(.leaf(.state(leaves.count)), [], type: TensorType(weightsShape)), in: builder)
        let objective = (weights.broadcast(to: y.shape) * y + y.squared() * 0.5).sum()
        return builder.graph(for: [
            Graph.Result(.output(.prediction), y.value), Graph.Result(.output(.objective), objective.value),
        ])
    }

    /// The graph before differentiation: decomposed where the operation needs it.
    func differentiableGraph(count: Int) -> Graph {
        decomposedFirst ? forwardGraph(count: count).decomposed() : forwardGraph(count: count)
    }

    /// `graph`'s results and the derivative of its objective in each leaf.
    func differentiated(_ graph: Graph, count: Int) -> Graph {
        let builder = GraphBuilder(continuing: graph)
        let targets = tensors(in: builder, count: count)
        guard let objective = graph.value(for: .output(.objective)) else {
            preconditionFailure("\(name) has no objective")
        }
        let gradients = Differentiation.gradients(of: Tensor(objective, in: builder), in: targets)
        return builder.graph(
            for: graph.results
                + gradients.enumerated().map { Graph.Result(.gradient(parameter: $0), $1.value) })
    }

    /// From a graph with gradients, the one whose objective is Σ gradient · direction.
    func directional(_ graph: Graph, count: Int) -> Graph {
        let builder = GraphBuilder(continuing: graph)
        var objective = builder.constant(0, shape: [])
        for (place, leaf) in leaves.enumerated() {
            guard let gradient = graph.value(for: .gradient(parameter: place)) else {
                preconditionFailure("\(name) has no gradient \(place)")
            }
            let tensor = Tensor(gradient, in: builder)
            let part = builder.add(.leaf(.direction(place)), [], type: TensorType(leaf.commonShape))
            let direction = Tensor(part, in: builder).broadcast(to: tensor.shape)
            objective = objective + (tensor * direction).sum()
        }
        return builder.graph(for: [Graph.Result(.output(.objective), objective.value)])
    }

    /// What the interpreter makes of the graphs for these values of the leaves.
    func run(_ values: [ReferenceTensor], _ graph: (Int) -> Graph) -> [ReferenceResults] {
        ReferenceInterpreter().run(
            shards(values), variables: variables(values), directions: directions, graph: graph)
    }

    /// The derivative in leaf `place` from every shard's part: joined for examples, summed for a parameter.
    func gradient(_ place: Int, of results: [ReferenceResults]) -> ReferenceTensor {
        let parts = results.map { $0[.gradient(parameter: place)] }
        return leaves[place].isPerExample ? .concatenated(parts) : .total(parts)
    }

    /// The shape of y with extent 1 where it follows the number of examples.
    private var weightsShape: [Int] {
        let (two, three) = (
            output(in: GraphBuilder(mode: .training), count: 2).shape,
            output(in: GraphBuilder(mode: .training), count: 3).shape
        )
        return zip(two, three).map { $0 == $1 ? $0 : 1 }
    }

    private func tensors(in builder: GraphBuilder, count: Int) -> [Tensor] {
        leaves.enumerated().map { $1.tensor(place: $0, count: count, in: builder) }
    }

    private func output(in builder: GraphBuilder, count: Int) -> Tensor {
        build(
            Ingredients(
                builder: builder, leaves: tensors(in: builder, count: count),
                labels: builder.input(.labels, TensorType([count], .int32)),
                exampleIndices: builder.input(.exampleIndices, TensorType([count], .int64)), count: count))
    }
}
