import Graph
import GraphSupport
import Layers
import ReplicaSupport
import Runtime
import Testing

@testable import DataParallel

/// Programs are known by the types of all inputs, not by the number of examples alone.
@Suite(.serialized) struct ProgramCacheTests {
    /// Σ of the elements behind the first example of features of any shape and of some element types.
    private static func graph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .evaluation)
        guard let type = inputs[.features] else { preconditionFailure("no features") }
        let features = builder.input(.features, type)
        let sum = features.converted(to: .float32).sum()
        return builder.graph(for: [Graph.Result(.output(.objective), sum.value)])
    }

    private func cache() throws -> ProgramCache {
        let cluster = try TestCluster.get()
        let model = try TracedModel(
            Linear(1), exampleShape: [1], target: .values([1]), loss: .meanSquaredError)
        return try ProgramCache(
            slots: 1, kept: KeptOperands(0..<1, isShared: false, cluster: cluster), workers: 1,
            state: try ModelState(cluster: cluster, model: model),
            directions: nil, kernels: cluster.kernels, makeGraph: Self.graph)
    }

    @Test func oneProgramPerTypes() throws {
        prepareThreadForPrograms()
        let cache = try cache()
        func types(_ count: Int, _ shape: [Int]) -> InputTypes {
            InputTypes(count: count, [.features: TensorType([count] + shape)])
        }
        let places = try cache.plan([types(3, [4]), types(3, [5]), types(2, [4]), types(3, [4])])
        #expect(places == [0, 1, 2, 0])
        #expect(try cache.plan([types(2, [4])]) == [2])
        for (place, width, count) in [(0, 4, 3), (1, 5, 3), (2, 4, 2)] {
            let program = cache.bound(place, slot: 0)
            var features = (0..<width * count).map(Float.init)
            let sum = try features.withUnsafeMutableBytes { bytes in
                program.setInput(.features, try #require(bytes.baseAddress))
                let scalars = StepScalars(batchCount: 1, dropoutKey: ReplicaHarness.dropoutKey)
                withUnsafePointer(to: scalars) { scalars in
                    for part in Schedule.Part.allCases {
                        program.run(
                            stage: 0, part: part, scratch: cache.scratch(0), scalars: scalars, between: {})
                    }
                }
                return try #require(program.output(.objective)).load(as: Float.self)
            }
            #expect(sum == Float(width * count * (width * count - 1) / 2))
        }
    }

    @Test func elementTypesCount() throws {
        func types(_ element: ElementType) -> InputTypes {
            InputTypes(count: 2, [.features: TensorType([2, 3], element)])
        }
        #expect(types(.float32) != types(.int32) && types(.int32)[.features]?.element == .int32)
        #expect(types(.int32)[.labels] == nil)
        let model = try TracedModel(
            Tokens(), exampleShape: [3], exampleElement: .int32, target: .values([1]), loss: .meanSquaredError
        )
        let inputs = model.inputTypes(count: 5)
        #expect(inputs[.features] == TensorType([5, 3], .int32) && inputs[.targets] == TensorType([5, 1]))
        let graph = model.trainingGraph(inputs)
        #expect(
            graph.nodes.contains {
                $0.operation == .leaf(.input(.features)) && $0.types == [TensorType([5, 3], .int32)]
            })
    }

    /// A model of whole numbers.
    private struct Tokens: Model {
        let dense = Linear(1)
        func callAsFunction(_ x: Tensor) -> Tensor { dense(x.converted(to: .float32)) }
    }
}
