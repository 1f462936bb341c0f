import Glibc
import GraphSupport
import Layers
import RuntimeSupport
import Testing

@testable import Runtime

/// Steps of a planned program.
@Suite(.serialized) struct SteadyStateTests {
    /// Steps give the same bits again and again, whatever other threads do meanwhile.
    @Test(arguments: ModelCase.all)
    func stepsRepeatTheirBits(_ test: ModelCase) throws {
        prepareThreadForPrograms()
        let model = try test.traced()
        let run = try ShardedRun(
            test.shards, variables: test.variables(model), kernels: KernelVariant.all[0].kernels,
            graph: model.trainingGraph)
        run.run()
        let first = run.roles.map { run.result($0, shard: run.shards[0]) }
        for _ in 0..<3 { run.run() }
        #expect(first == run.roles.map { run.result($0, shard: run.shards[0]) })
    }

    /// The image between batch norm and pooling, and its gradient, are never made.
    @Test func poolingIsFusedWithBatchNorm() throws {
        prepareThreadForPrograms()
        let model = try TracedModel(
            [
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(), MaxPool2d(2),
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), MaxPool2d(3),
                Flatten(), Linear(3),
            ] as Sequential, exampleShape: [16, 12, 12], target: .classes(3), loss: .crossEntropy)
        let names = try MemoryPlanTests.program(model, count: 4).stepNames
        #expect(names.filter { $0 == "batch norm, max pool" }.count == 1)
        #expect(names.filter { $0 == "batch norm, max pool gradient" }.count == 1)
        // Windows of 3x3 have no fused form.
        #expect(names.filter { $0 == "batch norm" }.count == 1)
        #expect(names.filter { $0 == "max pool gradient" }.count == 1)
    }

    /// The sum at the end of a residual block is never made by itself, nor the batch norm before it.
    @Test func sumsAreFusedWithBatchNorm() throws {
        prepareThreadForPrograms()
        let body: [any Layer] = [
            Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(),
            Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(),
        ]
        let model = try TracedModel(
            [Residual(body), ReLU(), GlobalAvgPool(), Flatten(), Linear(3)] as Sequential,
            exampleShape: [16, 12, 12], target: .classes(3), loss: .crossEntropy)
        let names = try MemoryPlanTests.program(model, count: 4).stepNames
        #expect(names.filter { $0 == "batch norm, add, relu" }.count == 1)
        #expect(names.filter { $0 == "relu gradient, batch norm gradient sums" }.count == 1)
        #expect(names.filter { $0 == "batch norm" || $0 == "batch norm gradient sums" }.count == 2)
        #expect(!names.contains("relu") && !names.contains("relu gradient"), "\(names)")
    }

    /// No convolution of a common shape is left to oneDNN's plain loops, hundreds of times slower than its other kernels: with
    /// AVX2 they are what it offers for the weight gradient of few row-major channels into a blocked image.
    @Test(arguments: [1, 2, 3, 4, 16])
    func convolutionsHaveKernels(channels: Int) throws {
        prepareThreadForPrograms()
        let model = try TracedModel(
            [
                Conv2d(32, kernel: 3, padding: 1, bias: false), ReLU(), Conv2d(64, kernel: 5, stride: 2),
                GlobalAvgPool(), Flatten(), Linear(3),
            ] as Sequential, exampleShape: [channels, 12, 12], target: .classes(3), loss: .crossEntropy)
        let program = try MemoryPlanTests.program(model, count: 4)
        #expect(program.primitives.filter(\.isPlainLoops).map(\.implementation) == [])
    }

    /// Convolutions read and write oneDNN's blocks, and nothing is converted between neighbours that share them.
    @Test func blockedLayoutsArePropagated() throws {
        prepareThreadForPrograms()
        let model = try TracedModel(
            [
                Conv2d(16, kernel: 3, padding: 1, bias: false), ReLU(), MaxPool2d(2),
                Conv2d(32, kernel: 3, padding: 1, bias: false), ReLU(), Flatten(), Linear(3),
            ] as Sequential, exampleShape: [16, 8, 8], target: .classes(3), loss: .crossEntropy)
        let program = try MemoryPlanTests.program(model, count: 4)
        let names = program.stepNames
        #expect(names.filter { $0.contains("convolution") }.count == 2 + 1 + 2)
        #expect(
            names.filter { $0.contains("linear") }.count == 2, "the weight gradient is no step of a shard")
        // The features once for the first layer, the last image in front of flatten and its gradient behind it.
        #expect(names.filter { $0 == "reorder" }.count == 3)
    }
}
