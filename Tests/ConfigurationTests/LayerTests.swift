import Graph
import Layers
import Testing

@testable import Configuration

@Suite struct LayerTests {
    private func kinds(_ model: String) throws -> [LayerKind] {
        guard case .layers(let layers) = try read(dataLine + "model:\n" + model).model.form else { return [] }
        return layers.map(\.kind)
    }

    @Test(
        arguments: [
            ("linear: 5", .linear(out: 5, in: nil, bias: true)),
            ("linear: {out: 5, in: 7, bias: false}", .linear(out: 5, in: 7, bias: false)),
            ("linear: {out_features: 5, in_features: 7}", .linear(out: 5, in: 7, bias: true)),
            (
                "conv2d: {out: 4, kernel: 3}",
                .conv2d(out: 4, in: nil, kernel: 3, stride: 1, padding: 0, groups: 1, bias: true)
            ),
            (
                "conv2d: {out_channels: 4, in_channels: 2, kernel_size: [3, 5], stride: [2, 1], "
                    + "padding: [0, 2], groups: 2}",
                .conv2d(
                    out: 4, in: 2, kernel: Extent2d(3, 5), stride: Extent2d(2, 1), padding: Extent2d(0, 2),
                    groups: 2,
                    bias: true)
            ),
            ("batch_norm", .batchNorm(sync: true, momentum: 0.1, eps: 1e-5)),
            (
                "batch_norm: {sync: false, momentum: 0.2, eps: 1e-3}",
                .batchNorm(sync: false, momentum: 0.2, eps: 1e-3)
            ),
            (
                "batch_norm: {affine: false}", .batchNorm(sync: true, momentum: 0.1, eps: 1e-5, affine: false)
            ),
            (
                "batch_renorm",
                .batchRenorm(
                    sync: true, momentum: 0.01, eps: 1e-5,
                    limits: .init(rMax: 3, dMax: 5, warmup: 5000, rSteps: 40000, dSteps: 25000))
            ),
            (
                "batch_renorm: {sync: false, momentum: 0.1, eps: 1e-3, r_max: 2, d_max: 0, warmup_steps: 10, "
                    + "r_steps: 20, d_steps: 10}",
                .batchRenorm(
                    sync: false, momentum: 0.1, eps: 1e-3,
                    limits: .init(rMax: 2, dMax: 0, warmup: 10, rSteps: 20, dSteps: 10))
            ),
            (
                "batch_renorm: {warmup_steps: 30000}",
                .batchRenorm(
                    sync: true, momentum: 0.01, eps: 1e-5,
                    limits: .init(warmup: 30000, rSteps: 40000, dSteps: 30000))
            ),
            ("layer_norm", .layerNorm(shape: nil, eps: 1e-5, affine: true, bias: true)),
            ("layer_norm: 16", .layerNorm(shape: [16], eps: 1e-5, affine: true, bias: true)),
            ("layer_norm: [4, 8]", .layerNorm(shape: [4, 8], eps: 1e-5, affine: true, bias: true)),
            (
                "layer_norm: {normalized_shape: [3], eps: 1e-3, bias: false}",
                .layerNorm(shape: [3], eps: 1e-3, affine: true, bias: false)
            ),
            (
                "layer_norm: {elementwise_affine: false}",
                .layerNorm(shape: nil, eps: 1e-5, affine: false, bias: true)
            ),
            ("group_norm: 4", .groupNorm(groups: 4, eps: 1e-5, affine: true)),
            (
                "group_norm: {num_groups: 2, eps: 1e-3, affine: false}",
                .groupNorm(groups: 2, eps: 1e-3, affine: false)
            ),
            ("instance_norm", .instanceNorm(eps: 1e-5, affine: false)),
            ("instance_norm: {eps: 1e-3, affine: true}", .instanceNorm(eps: 1e-3, affine: true)),
            ("relu", .relu), ("relu:", .relu), ("relu: {}", .relu),
            ("leaky_relu", .leakyReLU(negativeSlope: 0.01)),
            ("leaky_relu: 0.2", .leakyReLU(negativeSlope: 0.2)),
            ("leaky_relu: {negative_slope: 0.3}", .leakyReLU(negativeSlope: 0.3)),
            ("sigmoid", .sigmoid), ("tanh", .tanh), ("gelu", .gelu), ("softmax", .softmax),
            ("log_softmax", .logSoftmax),
            ("max_pool2d: 2", .maxPool2d(Window2d(kernel: 2))),
            ("max_pool2d: [2, 3]", .maxPool2d(Window2d(kernel: Extent2d(2, 3)))),
            (
                "max_pool2d: {kernel: 3, stride: 2, padding: 1}",
                .maxPool2d(Window2d(kernel: 3, stride: 2, padding: 1))
            ),
            ("avg_pool2d: {kernel_size: [4, 2], stride: null}", .avgPool2d(Window2d(kernel: Extent2d(4, 2)))),
            ("global_avg_pool", .globalAvgPool), ("flatten", .flatten),
            ("dropout", .dropout(p: 0.5)), ("dropout: 0.2", .dropout(p: 0.2)),
            ("dropout: {p: 0}", .dropout(p: 0)),
        ] as [(String, LayerKind)])
    func oneLayer(text: String, kind: LayerKind) throws {
        #expect(try kinds("  - \(text)\n") == [kind])
        #expect(LayerKind.names.contains(String(text.prefix { $0 != ":" })))
    }

    @Test func residualsHoldLists() throws {
        let read = try kinds(
            """
              - residual:
                  body: [linear: 3, residual: {body: [relu]}]
                  shortcut: [linear: 3]
            """)
        guard case .residual(let body, let shortcut)? = read.first else {
            Issue.record("no residual layer: \(read)")
            return
        }
        #expect(shortcut.map(\.kind) == [.linear(out: 3, in: nil, bias: true)])
        guard case .residual(let inner, let none)? = body.last?.kind else {
            Issue.record("no inner residual layer: \(body)")
            return
        }
        #expect(inner.map(\.kind) == [.relu] && none.isEmpty)
    }

    @Test(arguments: [
        ("dropout: 1.5", "4: model.1.dropout.p: must be at least 0 and below 1, is 1.5"),
        (
            "conv2d: {out: 4, kernel: 0}",
            "4: model.1.conv2d.kernel: must be a whole number from 1 to 1000, is 0"
        ),
        (
            "conv2d: {out: 4, kernel: [3, 3, 3]}",
            "4: model.1.conv2d.kernel: expected a whole number, or [height, width]"
        ),
        (
            "conv2d: {out: 4, kernel: 3, groups: 3}",
            "4: model.1.conv2d.groups: must divide out, which is 4, is 3"
        ),
        (
            "conv2d: {out: 4, in: 3, kernel: 3, groups: 2}",
            "4: model.1.conv2d.groups: must divide in, which is 3, is 2"
        ),
        ("conv2d: {out: 4}", "4: model.1.conv2d.kernel: missing"),
        ("conv2d: 4", "4: model.1.conv2d: expected options such as {out: 32, kernel: 3}"),
        (
            "conv2d:\n    out: 4\n    kernal: 3",
            "6: model.1.conv2d.kernal: unknown option; did you mean \"kernel\"?"
        ),
        (
            "conv2d:\n    out: 4\n    kernel: 3\n    kernel_size: 3",
            "7: model.1.conv2d.kernel_size: duplicate key"
        ),
        ("conv2d: {out: 4, kernel: 3, stride: 0}", "4: model.1.conv2d.stride: must be a whole number from 1"),
        (
            "conv2d:\n  out: 4",
            "4: model.1: expected a layer such as relu or linear: 128, found the keys \"conv2d\", \"out\""
        ),
        ("linear", "4: model.1.linear.out: missing"),
        ("linear: ten", "4: model.1.linear.out: expected a whole number, found \"ten\""),
        ("relu: 3", "4: model.1.relu: expected no options"),
        ("relu: {inplace: true}", "4: model.1.relu.inplace: unknown option; there are no options here"),
        ("rleu", "4: model.1: unknown layer \"rleu\"; did you mean \"relu\"?"),
        ("maxpool2d: 2", "4: model.1: unknown layer \"maxpool2d\"; did you mean \"max_pool2d\"?"),
        (
            "max_pool2d: {kernel: 2, padding: 2}",
            "4: model.1.max_pool2d.padding: must be at most half of the kernel"
        ),
        (
            "max_pool2d: {kernel: 3, padding: [1, 2]}",
            "4: model.1.max_pool2d.padding: must be at most half of the kernel, which is [3, 3], is [1, 2]"
        ),
        ("max_pool2d", "4: model.1.max_pool2d.kernel: missing"),
        (
            "batch_norm: {sync: yes}",
            "4: model.1.batch_norm.sync: expected true or false, found \"yes\"; write true"
        ),
        ("batch_norm: {eps: 0}", "4: model.1.batch_norm.eps: must be a number above 0 and below 1, is 0"),
        (
            "batch_renorm: {warmup_steps: 10, r_steps: 5}",
            "4: model.1.batch_renorm.r_steps: must be at least warmup_steps, which is 10, is 5"
        ),
        ("batch_renorm: {r_max: 0.5}", "4: model.1.batch_renorm.r_max: must be at least 1, is 0.5"),
        (
            "layer_norm: []",
            "4: model.1.layer_norm.normalized_shape: expected at least one extent, found a list"
        ),
        ("layer_norm: [0]", "4: model.1.layer_norm.normalized_shape.0: must be a whole number from 1"),
        (
            "layer_norm: {elementwise_affine: false, bias: true}",
            "4: model.1.layer_norm.bias: goes with elementwise_affine: true"
        ),
        ("group_norm", "4: model.1.group_norm.num_groups: missing"),
        ("layernorm", "4: model.1: unknown layer \"layernorm\"; did you mean \"layer_norm\"?"),
        ("residual: {shortcut: []}", "4: model.1.residual.body: missing"),
        (
            "residual: {body: []}",
            "4: model.1.residual.body: missing; it must be a list of at least one layer"
        ),
        (
            "residual:\n    body:\n      - relu\n      - linear: 0",
            "7: model.1.residual.body.1.linear.out: must be a whole"
        ),
        ("5", "4: model.1: expected a layer such as relu or linear: 128, found 5"),
        ("[relu]", "4: model.1: expected a layer such as relu or linear: 128, found a list"),
    ])
    func mistakesAreFoundWhereTheyAre(text: String, message: String) {
        let failure = failure(dataLine + "model:\n- flatten\n- " + text.replacing("\n    ", with: "\n      "))
        #expect(failure.hasPrefix("config.yaml:\(message)"), "\(failure)")
    }

    @Test(
        arguments: [
            ("mlp", .mlp(hidden: [512, 256])), ("{name: mlp, hidden: []}", .mlp(hidden: [])),
            ("lenet5", .lenet5),
            (
                "{name: cnn, channels: [8, 16], sync: false}",
                .cnn(first: 8, second: 16, hidden: 128, sync: false)
            ),
            ("{name: resnet20, blocks: 5}", .resnet20(blocks: 5, width: 16, sync: true)),
            ("resnet18", .resnet18(sync: true)),
        ] as [(String, BuiltInModelConfiguration)])
    func builtInModels(text: String, model: BuiltInModelConfiguration) throws {
        let section = try read(dataLine + "model: \(text)").model
        #expect(section.form == .builtIn(model))
        #expect(throws: ConfigurationError.self) { try section.makeModel(classes: nil) }
        let made = try section.makeModel(classes: 7)
        let traced = try TracedModel(
            made, exampleShape: [1, 28, 28], target: .classes(7), loss: .crossEntropy)
        #expect(traced.outputShape == [7])
    }

    @Test(arguments: [
        ("resnet21", "model: unknown model \"resnet21\"; did you mean \"resnet20\"?"),
        ("{name: mpl}", "model.name: unknown model \"mpl\"; did you mean \"mlp\"?"),
        ("{name: resnet20, with: 3}", "model.with: unknown option; did you mean \"width\"?"),
        ("{name: lenet5, hidden: 3}", "model.hidden: unknown option; the options here are name"),
        ("{name: cnn, channels: [1]}", "model.channels: expected a list of 2 whole numbers, found 1"),
        (
            "{hidden: 3}",
            "model: expected a list of layers, or a built-in model's name, found keys without a name"
        ),
        (
            "{linear: 3}",
            "model: expected a list of layers, or a built-in model's name, found keys without a name; put"
        ),
        ("[]", "model: expected at least one layer, found a list"),
        ("7", "model: expected the name of a model, found 7"),
    ])
    func mistakesInBuiltInModels(text: String, message: String) {
        let failure = failure(dataLine + "model: \(text)")
        #expect(failure.hasPrefix("config.yaml:2: \(message)"), "\(failure)")
    }

    @Test func aListOfEveryLayerMakesAModel() throws {
        let section = try read(
            dataLine + """
                model:
                  - conv2d: {out: 4, kernel: [3, 3], padding: 1, groups: 1}
                  - batch_norm
                  - batch_renorm
                  - layer_norm
                  - group_norm: 2
                  - instance_norm: {affine: true}
                  - leaky_relu: 0.1
                  - residual: {body: [{conv2d: {out: 8, kernel: 1}}], shortcut: [{conv2d: {out: 8, kernel: 1}}]}
                  - max_pool2d: 2
                  - avg_pool2d: {kernel: 2, stride: 1}
                  - gelu
                  - global_avg_pool
                  - flatten
                  - tanh
                  - linear: 6
                  - sigmoid
                  - dropout: 0.1
                  - relu
                  - softmax
                  - log_softmax
                """
        ).model
        let made = try section.makeModel(classes: nil)
        let traced = try TracedModel(made, exampleShape: [1, 8, 8], target: .classes(6), loss: .crossEntropy)
        #expect(traced.outputShape == [6])
        #expect(traced.variables.map(\.name).contains("7.shortcut.0.weight"))
        #expect(traced.variables.map(\.name).contains("14.bias"))
    }

    @Test(arguments: [
        ("linear: 5", "config.yaml:4: model.1: layer 1: expects (N, features); put flatten in front"),
        (
            "residual:\n    body:\n    - relu\n    - max_pool2d: 50",
            "config.yaml:7: model.1.residual.body.1: layer 1.body.1: expects"
        ),
        (
            "residual:\n    body: [conv2d: {out: 3, kernel: 1}]",
            "config.yaml:4: model.1: layer 1: the body makes shape"
        ),
    ])
    func modelsThatDoNotFitAreFoundWhereTheyAre(text: String, message: String) throws {
        let section = try read(dataLine + "model:\n- relu\n- " + text).model
        let made = try section.makeModel(classes: nil)
        do {
            _ = try TracedModel(made, exampleShape: [1, 8, 8], target: .classes(6), loss: .crossEntropy)
            Issue.record("the model fits")
        } catch {
            let error = section.configurationError(error)
            #expect(error.description.hasPrefix(message), "\(error)")
            #expect(error.kind == .shape)
        }
    }

    @Test func errorsOfTheLossAreAtTheLoss() throws {
        let text =
            dataLine + "model:\n- linear: 5\nloss:\n  name: cross_entropy\n  class_weights: [1, 2]\n"
        let run = try read(text)
        func problem(_ target: TargetKind) throws -> String? {
            do {
                let model = try run.model.makeModel(classes: nil)
                _ = try TracedModel(model, exampleShape: [4], target: target, loss: run.loss)
                return nil
            } catch let error as ModelError {
                return run.configurationError(error).description
            }
        }
        #expect(
            try problem(.classes(5))
                == "config.yaml:6: loss: class_weights has 2 weights, the model has 5 outputs: give one for each"
        )
        #expect(
            try problem(.values([5]))?.hasPrefix("config.yaml:4: loss: cross_entropy needs class") == true)
        #expect(try problem(.classes(6))?.hasPrefix("config.yaml:2: model: the model ends with") == true)
    }

    @Test func errorsOfWholeModelsAreAtTheSection() throws {
        let section = try read(small).model
        #expect(section.configurationError(ModelError("no")).description == "config.yaml:2: model: no")
        let variable = section.configurationError(ModelError("unused", path: "1.weight"))
        #expect(variable.key == "model.1")
        let inner = try read(dataLine + "model: resnet18").model.configurationError(
            ModelError("no", path: "layer1.0"))
        #expect(inner.description == "config.yaml:2: model: layer layer1.0: no")
    }
}
