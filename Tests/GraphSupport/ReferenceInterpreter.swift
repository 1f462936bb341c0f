import CKernels
import Graph

/// A naive interpreter of graphs, in Float64 throughout, for all shards of a mini-batch at once.
///
/// Each operation has a direct definition of its own, so that fast kernels, decompositions and derivatives can be
/// held against it. Shards of different sizes have graphs of their own, which need not have equal nodes (repeating
/// one example is no node), but meet at the same collectives in the same order.
package struct ReferenceInterpreter: Sendable {
    private let dropoutKey: dt_philox_key

    /// An interpreter whose dropout masks are drawn with `dropoutKey`.
    package init(dropoutKey: dt_philox_key = dt_philox_key(word: (17, 42))) { self.dropoutKey = dropoutKey }

    /// The results of every shard.
    ///
    /// - Parameters:
    ///   - shards: The mini-batch's shards, empty ones included; their counts add up to its examples.
    ///   - variables: Parameters and states by the number the graph knows them by, common to all shards.
    ///   - directions: The parts of a vector over the parameters, by the parameter's number.
    ///   - graph: The graph of a shard of so many examples.
    package func run(
        _ shards: [ReferenceShard], variables: [ReferenceTensor], directions: [ReferenceTensor] = [],
        graph: (Int) -> Graph
    ) -> [ReferenceResults] {
        let batchCount = shards.map(\.count).reduce(0, +)
        var evaluations = shards.map {
            ReferenceEvaluation(
                graph: graph($0.count), shard: $0, variables: variables, directions: directions,
                batchCount: batchCount,
                batchLabels: shards.flatMap { $0.labels?.values ?? [] }, dropoutKey: dropoutKey)
        }
        while true {
            for place in evaluations.indices { evaluations[place].advance() }
            let meetings = evaluations.compactMap(\.meeting)
            guard let first = meetings.first else { return evaluations.map(\.results) }
            precondition(
                meetings.count == shards.count && meetings.allSatisfy { $0.operation == first.operation },
                "shards meet at different collectives: \(meetings.map(\.operation))")
            let made = Self.collective(first.operation, meetings.map(\.operands))
            for place in evaluations.indices { evaluations[place].append(made[place]) }
        }
    }

    /// The results for every shard of an operation that needs the operands of all.
    private static func collective(
        _ operation: Operation, _ operands: [[ReferenceTensor]]
    ) -> [[ReferenceTensor]] {
        switch operation {
        case .collective(.crossShardSum):
            let totals = operands[0].indices.map { place in ReferenceTensor.total(operands.map { $0[place] })
            }
            return operands.map { _ in totals }
        case .collective(.crossShardMoments):
            let merged = ReferenceTensor.mergedMoments(operands.map { $0[0] })
            return operands.map { _ in [merged] }
        case .batchNormalization(.batchNorm(let attributes)):
            let whole = ReferenceTensor.channelMoments(of: operands.map { $0[0] })
            return operands.map { shard in
                let used = attributes.synchronized ? whole : ReferenceTensor.channelMoments(of: [shard[0]])
                let y = shard[0].batchNormApply(moments: used, weight: shard[1], bias: shard[2], attributes)
                return [y, used, whole]
            }
        default:
            preconditionFailure("\(operation) needs one shard only")
        }
    }
}
