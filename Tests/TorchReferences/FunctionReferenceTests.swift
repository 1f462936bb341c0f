import CKernels
import Graph
import GraphSupport
import Runtime
import RuntimeSupport
import Testing

@testable import Layers

/// Operations against PyTorch's own numbers, whose gradients are those of Σ weight · output.
@Suite(.serialized) struct FunctionReferenceTests {
    private static let names = [
        "pow", "pow_tensors", "sin", "cos", "maximum", "minimum", "where", "cumsum", "pad", "embedding",
        "conv1d",
        "max_pool1d", "avg_pool1d",
    ]

    /// Cases that this project writes in another way: padding by another number than 0, or by less than nothing.
    private static func isOurs(_ test: FunctionData.Case) -> Bool {
        (test.options.value ?? 0) == 0 && (test.options.padding?.all ?? []).allSatisfy { $0 >= 0 }
    }

    /// The parameter that each input is: a layer's own come first.
    private static func places(_ test: FunctionData.Case) -> [Int] {
        test.name == "conv1d" ? [2, 0, 1] : Array(test.inputs.indices)
    }

    private static func graph(_ test: FunctionData.Case) -> Graph {
        let options = test.options
        let layer: any Layer =
            switch test.name {
            case "conv1d":
                Conv1d(
                    test.inputs[1].shape[0], kernel: test.inputs[1].shape[2], stride: options.stride ?? 1,
                    padding: options.padding?.all[0] ?? 0, dilation: options.dilation ?? 1,
                    groups: options.groups ?? 1)
            case "max_pool1d":
                MaxPool1d(options.kernel ?? 1, stride: options.stride, padding: options.padding?.all[0] ?? 0)
            case "avg_pool1d":
                AvgPool1d(options.kernel ?? 1, stride: options.stride, padding: options.padding?.all[0] ?? 0)
            default: Sequential([])
            }
        let builder = GraphBuilder(
            mode: .training, variables: ModelVariables(of: layer).variables.map(\.variable))
        let inputs = zip(places(test), test.inputs).map { place, input in
            Tensor(builder.add(.leaf(.parameter(place)), [], type: TensorType(input.shape)), in: builder)
        }
        func wide(_ place: Int) -> Tensor {
            let (x, shape) = (inputs[place], test.output.shape)
            let ones = Array(repeating: 1, count: shape.count - x.shape.count)
            return x.reshaped(to: ones + x.shape).broadcast(to: shape)
        }
        let y: Tensor
        switch test.name {
        case "pow": y = inputs[0].power(options.exponent ?? 1)
        case "pow_tensors": y = wide(0).power(wide(1))
        case "sin": y = inputs[0].sin()
        case "cos": y = inputs[0].cos()
        case "maximum": y = wide(0).maximum(wide(1))
        case "minimum": y = wide(0).minimum(wide(1))
        case "where": y = wide(0).selecting(wide(1), else: wide(2))
        case "cumsum": y = inputs[0].cumulativeSum(options.axis ?? 0)
        case "pad":
            // torch's list begins with the last axis.
            let padding = options.padding?.all ?? []
            let mode = options.mode.flatMap(Padding.Mode.init(rawValue:)) ?? .constant
            y = (0..<padding.count / 2).reduce(inputs[0]) { x, number in
                x.padded(
                    x.shape.count - 1 - number, before: padding[2 * number],
                    after: padding[2 * number + 1], mode)
            }
        case "embedding":
            y = inputs[1].gatheredRows(inputs[0].converted(to: .int32), frozen: options.padding_idx)
        default: y = layer(inputs[0])
        }
        let weights = builder.numbers(test.weights, shape: y.shape)
        let objective = (y * weights).sum()
        let forward = builder.graph(for: [
            Graph.Result(.output(.objective), objective.value), Graph.Result(.output(.prediction), y.value),
        ])
        return forward.addingGradients(
            parameterShapes: zip(places(test), test.inputs).map { ($0, $1.shape) })
    }

    private static func cases(_ name: String) throws -> [FunctionData.Case] {
        try FunctionData.load().cases.filter { $0.name == name && isOurs($0) }
    }

    private static func variables(_ test: FunctionData.Case) -> [ReferenceTensor] {
        var variables = test.inputs.map(\.tensor)
        for (place, input) in zip(places(test), test.inputs) { variables[place] = input.tensor }
        return variables
    }

    /// The largest difference over the expected tensor's scale; of what is not finite, both must be the same.
    private static func error(_ found: ReferenceTensor, _ expected: ReferenceTensor) -> Double {
        let scale = expected.values.filter(\.isFinite).map(\.magnitude).max() ?? 0
        return zip(found.values, expected.values).map { found, expected in
            if expected.isNaN { return found.isNaN ? 0 : .infinity }
            if !expected.isFinite { return found == expected ? 0 : .infinity }
            return (found - expected).magnitude / max(scale, 1e-3)
        }.max() ?? 0
    }

    /// In Float64 the operations and their derivatives are torch's.
    @Test(arguments: names)
    func formulas(_ name: String) throws {
        let cases = try Self.cases(name)
        #expect(!cases.isEmpty)
        for test in cases {
            let graph = Self.graph(test)
            let results = ReferenceInterpreter().run(
                [ReferenceShard(count: 1)], variables: Self.variables(test)
            ) { _ in graph }[0]
            let what = "\(test.options) of \(test.inputs.map(\.shape))"
            #expect(Self.error(results[.output(.prediction)], test.output.tensor) <= 1e-12, "\(what)")
            for (place, gradient) in zip(Self.places(test), test.gradients) {
                guard let gradient else { continue }
                let found = results[.gradient(parameter: place)]
                #expect(Self.error(found, gradient.tensor) <= 1e-11, "gradient \(place), \(what)")
            }
        }
    }

    /// So are the kernels of every instruction set, to a few roundings of Float32.
    @Test(arguments: names)
    func kernels(_ name: String) throws {
        prepareThreadForPrograms()
        for test in try Self.cases(name) {
            for isa in 0...dt_isa_detect().rawValue {
                let run = try ShardedRun(
                    [ReferenceShard(count: 1)], variables: Self.variables(test),
                    kernels: dt_kernels_for(dt_isa(rawValue: isa))
                ) { _ in Self.graph(test) }
                run.run()
                let what = "\(test.options) of \(test.inputs.map(\.shape)), instruction set \(isa)"
                let output = run.result(.output(.prediction), shard: 0)
                #expect(Self.error(output, test.output.tensor) <= 2e-6, "\(what)")
                for (place, gradient) in zip(Self.places(test), test.gradients) {
                    guard let gradient else { continue }
                    let found = run.result(.gradient(parameter: place), shard: 0)
                    #expect(Self.error(found, gradient.tensor) <= 5e-6, "gradient \(place), \(what)")
                }
            }
        }
    }
}
