import Graph
import GraphSupport
import Testing

/// An operation on numbers small enough to know the result by hand.
struct ValueCase: Sendable, CustomTestStringConvertible {
    let name: String
    let shards: [ReferenceShard]
    let variables: [ReferenceTensor]
    /// One per shard.
    let expected: [ReferenceTensor]
    private let build: @Sendable (GraphBuilder, ReferenceShard) -> Tensor

    /// A case over several shards.
    init(
        _ name: String, shards: [ReferenceShard], variables: [ReferenceTensor] = [],
        gives expected: [ReferenceTensor],
        _ build: @escaping @Sendable (GraphBuilder, ReferenceShard) -> Tensor
    ) {
        self.name = name
        self.shards = shards
        self.variables = variables
        self.expected = expected
        self.build = build
    }

    /// A function of one shard's features and of variables.
    init(
        _ name: String, _ features: ReferenceTensor, labels: [Double]? = nil,
        variables: [ReferenceTensor] = [],
        gives expected: ReferenceTensor, _ build: @escaping @Sendable (Tensor, [Tensor]) -> Tensor
    ) {
        let labels = labels.map { ReferenceTensor([$0.count], $0) }
        let shard = ReferenceShard(count: features.shape[0], features: features, labels: labels)
        self.init(name, shards: [shard], variables: variables, gives: [expected]) { builder, shard in
            var others = variables.enumerated().map { place, variable in
                Tensor(
                    builder.add(.leaf(.parameter(place)), [], type: TensorType(variable.shape)), in: builder)
            }
            if let labels { others.append(builder.input(.labels, TensorType(labels.shape, .int32))) }
            return build(builder.input(.features, TensorType(features.shape)), others)
        }
    }

    var testDescription: String { name }

    /// The graph of the first shard.
    var graph: Graph { graph(of: shards[0]) }

    /// What the interpreter makes of every shard.
    var results: [ReferenceTensor] {
        // Graphs go by the number of examples; no two shards of a case have the same number but other shapes.
        ReferenceInterpreter().run(shards, variables: variables) { count in
            graph(of: shards.first { $0.count == count } ?? shards[0])
        }.map { $0[.output(.prediction)] }
    }

    private func graph(of shard: ReferenceShard) -> Graph {
        let builder = GraphBuilder(mode: .training)
        return builder.graph(for: [Graph.Result(.output(.prediction), build(builder, shard).value)])
    }
}

@Suite struct ValueTests {
    @Test(arguments: ValueCase.all)
    func interpreterGivesKnownValues(_ test: ValueCase) {
        let results = test.results
        #expect(results.count == test.expected.count)
        for (result, expected) in zip(results, test.expected) {
            #expect(result.mismatch(with: expected, relative: 1e-14, absolute: 1e-14) == nil)
        }
    }

    @Test func comparisonNoticesDifferences() {
        let expected = ReferenceTensor([2], [1, 2])
        #expect(ReferenceTensor([2], [1, 2]).mismatch(with: expected) == nil)
        #expect(ReferenceTensor([1, 2], [1, 2]).mismatch(with: expected) != nil)
        #expect(ReferenceTensor([2], [1, 2.000001]).mismatch(with: expected) != nil)
        #expect(ReferenceTensor([2], [.nan, 2]).mismatch(with: expected) != nil)
        #expect(ReferenceTensor([2], [.infinity, 2]).mismatch(with: expected) != nil)
    }
}
