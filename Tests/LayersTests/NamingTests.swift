import Graph
import Layers
import Testing

/// Parameters and buffers are named and shaped as torch names and shapes them.
@Suite struct NamingTests {
    private func trace(_ model: any Model, _ exampleShape: [Int]) throws -> TracedModel {
        try TracedModel(model, exampleShape: exampleShape, target: .none, loss: .meanSquaredError)
    }

    private func described(_ model: TracedModel) -> [String] {
        model.variables.map { "\($0.name) \($0.shape)\($0.isTrainable ? "" : " buffer")" }
    }

    @Test func linear() throws {
        #expect(described(try trace(Linear(4), [3])) == ["weight [4, 3]", "bias [4]"])
        #expect(described(try trace(Linear(4, inputs: 3, bias: false), [3])) == ["weight [4, 3]"])
    }

    @Test func convolution() throws {
        let model = try trace(Conv2d(6, kernel: Extent2d(3, 5), groups: 2), [4, 8, 8])
        #expect(described(model) == ["weight [6, 2, 3, 5]", "bias [6]"])
        #expect(model.outputShape == [6, 6, 4])
        let strided = try trace(
            Conv2d(2, inputs: 1, kernel: 3, stride: 2, padding: 1, bias: false), [1, 7, 8])
        #expect(described(strided) == ["weight [2, 1, 3, 3]"])
        #expect(strided.outputShape == [2, 4, 4])
    }

    @Test(arguments: [[5], [5, 3, 2]])
    func batchNormalization(exampleShape: [Int]) throws {
        let model = try trace(BatchNormalization(), exampleShape)
        #expect(
            described(model) == [
                "weight [5]", "bias [5]", "running_mean [5] buffer", "running_var [5] buffer",
            ])
        #expect(model.counters == ["num_batches_tracked"])
        #expect(model.outputShape == exampleShape)
    }

    @Test func normalizationLayers() throws {
        func expect(_ layer: any Layer, _ shape: [Int], _ names: [String]) throws {
            let model = try trace(layer, shape)
            #expect(described(model) == names && model.counters.isEmpty)
            #expect(model.outputShape == shape)
        }
        let image = [4, 3, 2]
        try expect(LayerNormalization(), image, ["weight [4, 3, 2]", "bias [4, 3, 2]"])
        try expect(LayerNormalization([3, 2], bias: false), image, ["weight [3, 2]"])
        try expect(LayerNormalization(affine: false), image, [])
        for shape in [image, [4]] {
            try expect(GroupNormalization(2), shape, ["weight [4]", "bias [4]"])
            try expect(GroupNormalization(2, affine: false), shape, [])
            try expect(
                BatchRenormalization(), shape,
                [
                    "weight [4]", "bias [4]", "running_mean [4] buffer", "running_std [4] buffer",
                    "num_batches_tracked [] buffer",
                ])
        }
        try expect(InstanceNormalization(), image, [])
        try expect(InstanceNormalization(affine: true), image, ["weight [4]", "bias [4]"])
        let fixed = try trace(BatchNormalization(affine: false), image)
        #expect(described(fixed) == ["running_mean [4] buffer", "running_var [4] buffer"])
        #expect(fixed.counters == ["num_batches_tracked"])
    }

    /// The keys of state_dict() of torch.nn.utils.parametrizations' weight_norm and spectral_norm, checked against
    /// PyTorch 2.15.0.
    @Test func normalizedWeights() throws {
        let weightNorm: Sequential = [
            Conv2d(6, kernel: Extent2d(3, 5), groups: 2, form: .weightNorm), Flatten(),
            Linear(3, bias: false, form: .weightNorm),
        ]
        #expect(
            described(try trace(weightNorm, [4, 3, 5])) == [
                "0.parametrizations.weight.original0 [6, 1, 1, 1]",
                "0.parametrizations.weight.original1 [6, 2, 3, 5]", "0.bias [6]",
                "2.parametrizations.weight.original0 [3, 1]", "2.parametrizations.weight.original1 [3, 6]",
            ])
        let spectralNorm: Sequential = [
            Conv2d(6, kernel: Extent2d(3, 5), groups: 2, form: .spectralNorm), Flatten(),
            Linear(3, bias: false, form: .spectralNorm),
        ]
        #expect(
            described(try trace(spectralNorm, [4, 3, 5])) == [
                "0.parametrizations.weight.original [6, 2, 3, 5]",
                "0.parametrizations.weight.0._u [6] buffer", "0.parametrizations.weight.0._v [30] buffer",
                "0.bias [6]", "2.parametrizations.weight.original [3, 6]",
                "2.parametrizations.weight.0._u [3] buffer", "2.parametrizations.weight.0._v [6] buffer",
            ])
    }

    @Test func layersWithoutParameters() throws {
        let images: [(any Layer, [Int])] = [
            (MaxPool2d(2), [3, 3, 4]), (AvgPool2d(3, stride: 1, padding: 1), [3, 7, 8]),
            (GlobalAvgPool(), [3, 1, 1]),
            (Flatten(), [168]), (ReLU(), [3, 7, 8]), (LeakyReLU(), [3, 7, 8]), (Sigmoid(), [3, 7, 8]),
            (Tanh(), [3, 7, 8]), (GELU(), [3, 7, 8]), (Dropout(), [3, 7, 8]), (Sequential([]), [3, 7, 8]),
        ]
        for (layer, output) in images {
            let model = try trace(layer, [3, 7, 8])
            #expect(model.variables.isEmpty && model.counters.isEmpty)
            #expect(model.outputShape == output, "\(layer)")
        }
        for layer in [Softmax(), LogSoftmax()] as [any Layer] {
            #expect(try trace(layer, [5]).outputShape == [5])
        }
    }

    @Test func sequentialCountsEveryLayer() throws {
        let model: Sequential = [
            Flatten(), Linear(3), ReLU(), BatchNormalization(), Sequential([Tanh(), Linear(2, bias: false)]),
        ]
        let traced = try trace(model, [2, 2])
        #expect(
            described(traced) == [
                "1.weight [3, 4]", "1.bias [3]", "3.weight [3]", "3.bias [3]", "3.running_mean [3] buffer",
                "3.running_var [3] buffer", "4.1.weight [2, 3]",
            ])
        #expect(traced.counters == ["3.num_batches_tracked"])
    }

    @Test func residualHasBodyAndShortcut() throws {
        let model: Sequential = [
            Residual([Linear(3), Tanh()]), Residual([Linear(2)], shortcut: [Linear(2, bias: false)]),
        ]
        #expect(
            described(try trace(model, [3])) == [
                "0.body.0.weight [3, 3]", "0.body.0.bias [3]", "1.body.0.weight [2, 3]", "1.body.0.bias [2]",
                "1.shortcut.0.weight [2, 3]",
            ])
    }

    private struct Branching: Model {
        let firstBlock = Linear(4)
        let stack: [any Layer] = [Linear(3), ReLU(), Linear(2)]
        var optional: Linear? = Linear(2, bias: false)
        let scaleFactor = Parameter(.constant(1))
        var absent: Linear?
        let note = "not a layer"

        func callAsFunction(_ x: Tensor) -> Tensor {
            var y = firstBlock(x.flattened())
            for layer in stack { y = layer(y) }
            y = optional?(y) ?? y
            return y * x.builder.variable(scaleFactor, shape: [1, 1]).broadcast(to: y.shape)
        }
    }

    @Test func propertiesOfAStructInSnakeCase() throws {
        let model = try trace(Branching(), [5])
        #expect(
            described(model) == [
                "first_block.weight [4, 5]", "first_block.bias [4]", "stack.0.weight [3, 4]",
                "stack.0.bias [3]",
                "stack.2.weight [2, 3]", "stack.2.bias [2]", "optional.weight [2, 2]", "scale_factor [1, 1]",
            ])
    }

    @Test func oneLayerUsedTwiceIsOneVariable() throws {
        let shared = Linear(3)
        let model = try trace(Sequential([shared, Tanh(), shared]), [3])
        #expect(described(model) == ["0.weight [3, 3]", "0.bias [3]"])
        let gradients = model.evaluationRoles
        #expect(gradients == ["output(prediction)"])
    }

    @Test func copiesOfAModelShareItsVariables() throws {
        let layers: Sequential = [Linear(2)]
        let (one, other) = (try trace(layers, [3]), try trace(layers, [3]))
        #expect(one.predictionGraph(count: 4) == other.predictionGraph(count: 4))
    }
}

extension TracedModel {
    /// What the prediction graph is for.
    fileprivate var evaluationRoles: [String] {
        predictionGraph(count: 2).results.map { result in
            if case .output(let output) = result.role {
                "output(\(output))"
            } else {
                "\(result.role)"
            }
        }
    }
}
