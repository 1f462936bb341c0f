import Graph
import GraphSupport
import Layers
import Testing

/// The ready-made models have the published sizes and torch's names.
@Suite struct BuiltInModelTests {
    private func trace(_ model: any Model, _ exampleShape: [Int], classes: Int) throws -> TracedModel {
        try TracedModel(model, exampleShape: exampleShape, target: .classes(classes), loss: .crossEntropy)
    }

    private func parameters(_ model: TracedModel) -> Int {
        model.variables.filter(\.isTrainable).map { $0.shape.reduce(1, *) }.reduce(0, +)
    }

    @Test(arguments: [
        // 784·512 + 512 + 512·256 + 256 + 256·10 + 10.
        (BuiltInModel.mlp, 535_818),
        // 6·25 + 6 + 16·6·25 + 16 + 400·120 + 120 + 120·84 + 84 + 84·10 + 10.
        (.lenet5, 61_706),
        // 32·9 + 64 + 64·32·9 + 128 + 3136·128 + 128 + 128·10 + 10.
        (.cnn, 421_738),
        // Stem 176, stages 14,016, 51,648 (projection 576) and 205,696 (projection 2,176), dense 650.
        (.resnet20, 272_186),
    ])
    func parameterCountsOnSmallImages(_ model: BuiltInModel, count: Int) throws {
        let traced = try trace(model.model(classes: 10), [1, 28, 28], classes: 10)
        #expect(parameters(traced) == count)
        #expect(traced.outputShape == [10])
    }

    /// Depth is 6 · blocks + 2; without shortcuts the projections are gone, and all other names and shapes stay.
    @Test(arguments: [(3, 20), (9, 56)])
    func resnetsOfSmallImages(blocks: Int, depth: Int) throws {
        func names(shortcut: Bool) throws -> [String] {
            let model = Sequential.resnet20(blocks: blocks, width: 4, classes: 10, shortcut: shortcut)
            return try trace(model, [1, 28, 28], classes: 10).variables.map { "\($0.name) \($0.shape)" }
        }
        let residual = try names(shortcut: true)
        let plain = try names(shortcut: false)
        #expect(plain == residual.filter { !$0.contains("shortcut") })
        #expect(residual.count == plain.count + 2 * 5)
        #expect(plain.contains("3.body.0.weight [4, 4, 3, 3]"))
        // Convolutions and the dense layer have weights of more than one dimension.
        #expect(plain.count { $0.contains("weight [") && $0.contains(",") } == depth)
        let sums = try trace(
            Sequential.resnet20(blocks: blocks, width: 4, classes: 10, shortcut: false), [1, 28, 28],
            classes: 10)
        #expect(sums.outputShape == [10])
    }

    @Test func resnet18HasTheSizeOfTorchvisions() throws {
        let traced = try trace(BuiltInModel.resnet18.model(classes: 1000), [3, 224, 224], classes: 1000)
        #expect(parameters(traced) == 11_689_512)
        #expect(traced.outputShape == [1000])
        // torchvision's state dict: 122 tensors, of which 20 count batches.
        #expect(traced.variables.count == 102)
        #expect(traced.counters.count == 20)
    }

    @Test func resnet18HasTorchvisionsNames() throws {
        let traced = try trace(ResNet18(classes: 10), [3, 32, 32], classes: 10)
        let shapes = traced.variables.map { "\($0.name) \($0.shape)" }
        func norm(_ name: String) -> [String] {
            ["weight", "bias", "running_mean", "running_var"].map { "\(name).\($0)" }
        }
        func block(_ name: String, downsample: Bool) -> [String] {
            ["\(name).conv1.weight"] + norm("\(name).bn1") + ["\(name).conv2.weight"] + norm("\(name).bn2")
                + (downsample ? ["\(name).downsample.0.weight"] + norm("\(name).downsample.1") : [])
        }
        var names = ["conv1.weight"] + norm("bn1")
        for stage in 1...4 {
            names +=
                block("layer\(stage).0", downsample: stage > 1) + block("layer\(stage).1", downsample: false)
        }
        #expect(traced.variables.map(\.name) == names + ["fc.weight", "fc.bias"])
        for shape in [
            "conv1.weight [64, 3, 7, 7]", "layer1.1.conv2.weight [64, 64, 3, 3]",
            "layer2.0.conv1.weight [128, 64, 3, 3]", "layer2.0.downsample.0.weight [128, 64, 1, 1]",
            "layer4.0.downsample.1.running_var [512]", "fc.weight [10, 512]",
        ] { #expect(shapes.contains(shape)) }
        #expect(traced.counters.contains("layer2.0.downsample.1.num_batches_tracked"))
    }

    /// The rows of activations: after the stem and each stage.
    @Test func resnet18HalvesItsImagesFiveTimes() throws {
        let traced = try trace(ResNet18(), [3, 224, 224], classes: 1000)
        let sizes = traced.predictionGraph(count: 1).nodes.compactMap { node -> [Int]? in
            if case .convolution(.convolution) = node.operation {
                Array(node.types[0].shape.dropFirst())
            } else {
                nil
            }
        }
        #expect(sizes.first == [64, 112, 112])
        for shape in [[64, 56, 56], [128, 28, 28], [256, 14, 14], [512, 7, 7]] {
            #expect(sizes.contains(shape))
        }
        #expect(sizes.count == 20)
    }

    @Test func resnet18StartsWithHesNormalDistribution() throws {
        let traced = try trace(ResNet18(classes: 10), [3, 32, 32], classes: 10)
        for (variable, values) in zip(traced.variables, traced.initialValues(seed: 1))
        where variable.shape.count == 4 && values.count > 30_000 {
            let fanOut = Double(variable.shape[0] * variable.shape[2] * variable.shape[3])
            let variance = values.map { Double($0) * Double($0) }.reduce(0, +) / Double(values.count)
            #expect(
                (variance * fanOut / 2 - 1).magnitude < 5 * (2 / Double(values.count)).squareRoot(),
                "\(variable.name)")
        }
    }

    @Test func namesOfTheSequentialModels() throws {
        let mlp = try trace(.mlp(hidden: [5], classes: 3) as Sequential, [1, 2, 2], classes: 3)
        #expect(mlp.variables.map(\.name) == ["1.weight", "1.bias", "3.weight", "3.bias"])
        let cnn = try trace(BuiltInModel.cnn.model(classes: 10), [1, 28, 28], classes: 10)
        #expect(
            cnn.variables.filter(\.isTrainable).map(\.name) == [
                "0.weight", "1.weight", "1.bias", "4.weight", "5.weight", "5.bias", "9.weight", "9.bias",
                "11.weight",
                "11.bias",
            ])
        let resnet = try trace(BuiltInModel.resnet20.model(classes: 10), [1, 28, 28], classes: 10)
        let names = resnet.variables.map(\.name)
        for name in [
            "0.weight", "3.body.0.weight", "9.shortcut.0.weight", "15.shortcut.1.running_var", "23.bias",
        ] {
            #expect(names.contains(name), "\(name)")
        }
        #expect(!names.contains("3.shortcut.0.weight"))
        #expect(resnet.variables.filter { $0.shape.count == 4 }.count == 21)
    }

    @Test func optionsChangeTheModel() throws {
        #expect(parameters(try trace(Sequential.mlp(hidden: [], classes: 2), [3], classes: 2)) == 8)
        #expect(
            parameters(try trace(Sequential.mlp(hidden: [4, 5], classes: 2), [3], classes: 2)) == 16 + 25 + 12
        )
        let deep = try trace(Sequential.resnet20(blocks: 5, width: 8, classes: 2), [3, 8, 8], classes: 2)
        #expect(deep.variables.filter { $0.shape.count == 4 }.count == 33)
        for synchronized in [true, false] {
            let models: [any Model] = [
                Sequential.cnn(channels: (4, 6), hidden: 5, classes: 3, synchronized: synchronized),
                Sequential.resnet20(classes: 3, synchronized: synchronized),
                ResNet18(classes: 3, synchronized: synchronized),
            ]
            for model in models {
                let graph = try trace(model, [1, 28, 28], classes: 3).trainingGraph(count: 2)
                for node in graph.nodes {
                    if case .batchNormalization(.batchNorm(let attributes)) = node.operation {
                        #expect(attributes.synchronized == synchronized)
                    }
                }
            }
        }
    }

    @Test func imagesTheModelCannotTakeAreNamed() {
        #expect(
            throws: ModelError(
                "expects images (N, C, H, W), got shape (N, 784): put it in front of flatten, or store images as (examples, C, H, W)"
            )
        ) {
            try trace(ResNet18(classes: 10), [784], classes: 10)
        }
        #expect(
            throws: ModelError(
                "expects images (N, C, H, W), got shape (N, 784): put it in front of flatten, or store images as (examples, C, H, W)",
                path: "0")
        ) {
            try trace(Sequential.cnn(classes: 10), [784], classes: 10)
        }
    }

    /// A residual sum's ReLU is the model's last word in each block: no activation after a sum is negative.
    @Test func everyResidualSumIsFollowedByReLU() throws {
        for model in [BuiltInModel.resnet20, .resnet18] {
            let graph = try trace(model.model(classes: 10), [1, 32, 32], classes: 10).predictionGraph(
                count: 1)
            let sums = graph.nodes.indices.filter { graph.nodes[$0].operation == .elementwise(.binary(.add)) }
            #expect(sums.count == (model == .resnet20 ? 9 : 8))
            for sum in sums {
                let readers = graph.nodes.filter { $0.operands.contains { $0.node == sum } }
                #expect(readers.map(\.operation) == [.elementwise(.unary(.relu))])
            }
        }
    }
}
