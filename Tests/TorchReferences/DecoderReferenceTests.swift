import CKernels
import Foundation
import Graph
import GraphSupport
import Runtime
import RuntimeSupport
import Safetensors
import Testing

@testable import Layers

/// A Transformer's decoder, whose two inputs both have lengths, against PyTorch.
@Suite(.serialized) struct DecoderReferenceTests {
    /// The decoder as a layer, for the names of its variables.
    private struct Model: Layer {
        let decoder = TransformerDecoder(
            1, TransformerOptions(heads: 2, feedforward: 16, dropout: 0, isCausal: true))
        func callAsFunction(_ x: Tensor) -> Tensor { x }
    }

    private let model = Model()
    private let names: [String]
    private let file: SafetensorsFile
    private let values: [ReferenceTensor]
    private let shard: ReferenceShard
    private let weights: ReferenceTensor

    init() throws {
        let url = try #require(
            Bundle.module.url(
                forResource: "decoder", withExtension: "safetensors", subdirectory: "Data/Sequences"))
        file = try SafetensorsFile.read(path: url.path)
        names = ModelVariables(of: model).variables.map { String($0.name.dropFirst("decoder.".count)) }
        values = try names.map { [file] in try file.required("initial." + $0) }
        let target = try file.required("data.target")
        // Lengths of the memory come as labels: there is one for each example.
        shard = ReferenceShard(
            count: target.shape[0], features: target, labels: try file.required("data.memory_lengths"),
            targets: try file.required("data.memory"), lengths: try file.required("data.target_lengths"))
        weights = try file.required("data.output_weights")
    }

    /// Outputs, Σ weight · output over the positions that count, and its gradients in parameters and both inputs, which
    /// stand behind them.
    private func graph() -> Graph {
        let builder = GraphBuilder(
            mode: .training, variables: ModelVariables(of: model).variables.map(\.variable))
        func given(_ input: GraphInput, _ type: TensorType) -> Tensor { builder.input(input, type) }
        let lengths = given(.lengths, TensorType([shard.count], .int32))
        let memoryLengths = given(.labels, TensorType([shard.count], .int32))
        let x = given(.features, TensorType(shard.features?.shape ?? []))
        let memory = given(.targets, TensorType(shard.targets?.shape ?? []))
        let y = model.decoder(x.with(lengths: lengths), memory.with(lengths: memoryLengths))
        let counted = y.zeroedBeyondLengths()
        let objective = (counted * builder.numbers(weights.values, shape: weights.shape)).sum()
        let parameters = values.enumerated().map { place, value in
            Tensor(builder.add(.leaf(.parameter(place)), [], type: TensorType(value.shape)), in: builder)
        }
        let gradients = Differentiation.gradients(of: objective, in: parameters + [x, memory])
        return builder.graph(
            for: [
                Graph.Result(.output(.prediction), counted.value),
                Graph.Result(.output(.layerInput(0)), gradients[values.count].value),
                Graph.Result(.output(.layerInput(1)), gradients[values.count + 1].value),
            ] + values.indices.map { Graph.Result(.gradient(parameter: $0), gradients[$0].value) })
    }

    private func expect(_ result: (Graph.Role) -> ReferenceTensor) throws {
        var output = try file.required("first.output")
        let (steps, width) = (output.shape[1], output.shape[2])
        for place in output.values.indices {
            let length = shard.lengths?.values[place / width / steps] ?? 0
            if Double(place / width % steps) >= length { output.values[place] = 0 }
        }
        #expect(result(.output(.prediction)).error(against: output) <= 5e-6)
        let ofTarget = result(.output(.layerInput(0))), ofMemory = result(.output(.layerInput(1)))
        #expect(ofTarget.error(against: try file.required("first.target_gradient")) <= 1e-5)
        #expect(ofMemory.error(against: try file.required("first.memory_gradient")) <= 1e-5)
        for (place, name) in names.enumerated() {
            let wanted = try file.required("first.gradient." + name)
            #expect(result(.gradient(parameter: place)).error(against: wanted) <= 1e-5, "\(name)")
        }
    }

    @Test(arguments: [false, true]) func formulas(isDecomposed: Bool) throws {
        let results = ReferenceInterpreter().run([shard], variables: values) { _ in
            isDecomposed ? graph().decomposed() : graph()
        }[0]
        try expect { results[$0] }
    }

    @Test func kernels() throws {
        prepareThreadForPrograms()
        for isa in 0...dt_isa_detect().rawValue {
            let run = try ShardedRun(
                [shard], variables: values, kernels: dt_kernels_for(dt_isa(rawValue: isa))
            ) { _ in graph() }
            run.run()
            try expect { run.result($0, shard: 0) }
        }
    }
}
