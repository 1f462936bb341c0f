import Graph
import GraphSupport
import Testing

@testable import Layers

/// Batch renormalization against Ioffe's algorithm 1, written out for one channel.
@Suite struct BatchRenormalizationTests {
    private let x = [1.0, 2, 4, 9]
    private let epsilon = 1e-3

    private func model(_ limits: BatchRenormalization.Limits, synchronized: Bool = true) throws -> TracedModel
    {
        try TracedModel(
            BatchRenormalization(
                momentum: 0.25, epsilon: epsilon, limits: limits, synchronized: synchronized),
            exampleShape: [1], target: .none, loss: .meanSquaredError)
    }

    /// weight 3, bias −1, μ 3, σ 2 and so many mini-batches seen.
    private func variables(_ step: Double) -> [ReferenceTensor] {
        [3, -1, 3, 2].map { ReferenceTensor([1], [$0]) } + [ReferenceTensor(step)]
    }

    private func run(
        _ model: TracedModel, step: Double, counts: [Int] = [4], mode: GraphBuilder.Mode = .training
    ) -> (y: [Double], states: [Double]) {
        let shard = ReferenceShard(count: 4, features: ReferenceTensor([4, 1], x))
        let results = ReferenceInterpreter().run(shard.split(counts), variables: variables(step)) { count in
            let builder = GraphBuilder(mode: mode, variables: model.variables.map(\.source))
            let y = model.model(builder.input(.features, TensorType([count, 1])))
            let updates = builder.stateUpdates.map { Graph.Result(.state($0.variable), $0.value) }
            return builder.graph(for: [Graph.Result(.output(.prediction), y.value)] + updates)
        }
        return (
            results.flatMap { $0[.output(.prediction)].values },
            (2...4).flatMap { place in
                results[0].roles.contains(.state(place)) ? results[0][.state(place)].values : []
            }
        )
    }

    /// Mean 4 and M2 38 of the four values.
    private var deviation: Double { (38.0 / 4 + epsilon).squareRoot() }

    private func expected(rMax: Double, dMax: Double) -> [Double] {
        let r = min(max(deviation / 2, 1 / rMax), rMax)
        let d = min(max((4 - 3) / 2, -dMax), dMax)
        return x.map { (($0 - 4) / deviation * r + d) * 3 - 1 }
    }

    private func expectEqual(_ found: [Double], _ wanted: [Double], _ comment: Comment = "") {
        #expect(
            ReferenceTensor([found.count], found).mismatch(with: ReferenceTensor([wanted.count], wanted))
                == nil, comment)
    }

    @Test func limitsFollowTheirSchedule() throws {
        // r wants 1.54 and d 0.5.
        let model = try model(.init(rMax: 1.6, dMax: 2, warmup: 10, rSteps: 20, dSteps: 30))
        for (step, rMax, dMax) in [
            (0.0, 1.0, 0.0), (10, 1, 0), (11, 1.06, 0.1), (15, 1.3, 0.5), (20, 1.6, 1), (99, 1.6, 2),
        ] {
            expectEqual(run(model, step: step).y, expected(rMax: rMax, dMax: dMax), "step \(step)")
        }
    }

    @Test func openLimitsMakeTrainingLikeEvaluation() throws {
        let model = try model(.init(rMax: 100, dMax: 100, warmup: 0, rSteps: 0, dSteps: 0))
        let evaluation = x.map { ($0 - 3) / 2 * 3 - 1 }
        expectEqual(run(model, step: 5).y, evaluation)
        expectEqual(run(model, step: 5, mode: .evaluation).y, evaluation)
        #expect(run(model, step: 5, mode: .evaluation).states.isEmpty)
    }

    @Test func runningStatisticsFollowTheMiniBatch() throws {
        for synchronized in [true, false] {
            let model = try model(.init(), synchronized: synchronized)
            for counts in [[4], [1, 3], [2, 0, 2]] {
                let states = run(model, step: 7, counts: counts).states
                expectEqual(states, [0.75 * 3 + 0.25 * 4, 0.75 * 2 + 0.25 * deviation, 8])
            }
        }
    }

    @Test func synchronizedShardsEqualTheWholeBatch() throws {
        let limits = BatchRenormalization.Limits(rMax: 1.2, dMax: 0.3, warmup: 0, rSteps: 0, dSteps: 0)
        let whole = run(try model(limits), step: 3)
        for counts in [[1, 3], [2, 0, 2], [1, 1, 1, 1]] {
            let cut = run(try model(limits), step: 3, counts: counts)
            expectEqual(cut.y, whole.y)
            expectEqual(cut.states, whole.states)
        }
        // Control: shards that normalize alone differ.
        let alone = run(try model(limits, synchronized: false), step: 3, counts: [2, 2])
        #expect(zip(alone.y, whole.y).contains { ($0 - $1).magnitude > 1e-2 })
    }

    /// r and d are constants to the derivative: with weight w·r and bias w·d + b batch norm has the same.
    @Test func gradientsTakeCorrectionsAsConstants() throws {
        let limits = BatchRenormalization.Limits(rMax: 1.2, dMax: 0.3, warmup: 0, rSteps: 0, dSteps: 0)
        func gradients(_ layer: any Layer, _ values: [ReferenceTensor]) throws -> [ReferenceTensor] {
            let model = try TracedModel(
                Sequential([Linear(1), layer]), exampleShape: [1], target: .values([1]),
                loss: .meanSquaredError)
            let shard = ReferenceShard(
                count: 4, features: ReferenceTensor([4, 1], x),
                targets: ReferenceTensor([4, 1], [3, 1, 0, 2])
            )
            let linear = [ReferenceTensor([1, 1], [1]), ReferenceTensor([1], [0])]
            let results = ReferenceInterpreter().run(
                [shard], variables: linear + values, graph: model.trainingGraph)
            return (0..<4).map { results[0][.gradient(parameter: $0)] }
        }
        let (r, d) = (1.2, 0.3)
        let renormalized = try gradients(
            BatchRenormalization(epsilon: epsilon, limits: limits), variables(1))
        let plain = try gradients(
            BatchNormalization(epsilon: epsilon),
            [3 * r, 3 * d - 1, 3, 4].map { ReferenceTensor([1], [$0]) })
        expectEqual(renormalized[0].values, plain[0].values)
        #expect(plain[0].values[0].magnitude > 1e-6)
        expectEqual(renormalized[2].values, [plain[2].values[0] * r + plain[3].values[0] * d])
        expectEqual(renormalized[3].values, plain[3].values)
    }
}
