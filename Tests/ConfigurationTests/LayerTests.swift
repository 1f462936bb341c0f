import Graph
import Layers
import Testing
import Training

@testable import Configuration

@Suite struct LayerTests {
    @Test(
        arguments: [
            ("linear: 5", "linear: {out: 5, bias: true}"),
            ("linear: {out: 5, in: 7, bias: false}", "linear: {out: 5, in: 7, bias: false}"),
            ("linear: {out: 5, in: null, bias: null}", "linear: {out: 5, bias: true}"),
            ("linear: {out_features: 5, in_features: 7}", "linear: {out: 5, in: 7, bias: true}"),
            (
                "conv2d: {out: 4, kernel: 3}",
                "conv2d: {out: 4, kernel: 3, stride: 1, padding: 0, groups: 1, bias: true}"
            ),
            (
                "conv2d: {out_channels: 4, in_channels: 2, kernel_size: [3, 5], stride: [2, 1], "
                    + "padding: [0, 2], groups: 2}",
                "conv2d: {out: 4, in: 2, kernel: [3, 5], stride: [2, 1], padding: [0, 2], groups: 2, bias: true}"
            ),
            ("batch_norm", "batch_norm: {sync: true, momentum: 0.1, eps: 1e-05}"),
            (
                "batch_norm: {sync: false, momentum: 0.2, eps: 1e-3}",
                "batch_norm: {sync: false, momentum: 0.2, eps: 0.001}"
            ),
            (
                "batch_norm: {affine: false}",
                "batch_norm: {sync: true, momentum: 0.1, eps: 1e-05, affine: false}"
            ),
            (
                "batch_renorm",
                "batch_renorm: {sync: true, momentum: 0.01, eps: 1e-05, r_max: 3, d_max: 5, warmup_steps: 5000, "
                    + "r_steps: 40000, d_steps: 25000}"
            ),
            (
                "batch_renorm: {sync: false, momentum: 0.1, eps: 1e-3, r_max: 2, d_max: 0, warmup_steps: 10, "
                    + "r_steps: 20, d_steps: 10}",
                "batch_renorm: {sync: false, momentum: 0.1, eps: 0.001, r_max: 2, d_max: 0, warmup_steps: 10, "
                    + "r_steps: 20, d_steps: 10}"
            ),
            (
                "batch_renorm: {warmup_steps: 30000}",
                "batch_renorm: {sync: true, momentum: 0.01, eps: 1e-05, r_max: 3, d_max: 5, warmup_steps: 30000, "
                    + "r_steps: 40000, d_steps: 30000}"
            ),
            ("layer_norm", "layer_norm: {eps: 1e-05, elementwise_affine: true, bias: true}"),
            (
                "layer_norm: 16",
                "layer_norm: {normalized_shape: 16, eps: 1e-05, elementwise_affine: true, bias: true}"
            ),
            (
                "layer_norm: [4, 8]",
                "layer_norm: {normalized_shape: [4, 8], eps: 1e-05, elementwise_affine: true, bias: true}"
            ),
            (
                "layer_norm: {normalized_shape: [3], eps: 1e-3, bias: false}",
                "layer_norm: {normalized_shape: [3], eps: 0.001, elementwise_affine: true, bias: false}"
            ),
            (
                "layer_norm: {elementwise_affine: false}",
                "layer_norm: {eps: 1e-05, elementwise_affine: false}"
            ),
            ("group_norm: 4", "group_norm: {num_groups: 4, eps: 1e-05, affine: true}"),
            (
                "group_norm: {num_groups: 2, eps: 1e-3, affine: false}",
                "group_norm: {num_groups: 2, eps: 0.001, affine: false}"
            ),
            ("instance_norm", "instance_norm: {eps: 1e-05, affine: false}"),
            ("instance_norm: {eps: 1e-3, affine: true}", "instance_norm: {eps: 0.001, affine: true}"),
            ("relu", "relu"), ("relu:", "relu"), ("relu: {}", "relu"),
            ("leaky_relu", "leaky_relu: {negative_slope: 0.01}"),
            ("leaky_relu: 0.2", "leaky_relu: {negative_slope: 0.2}"),
            ("leaky_relu: {negative_slope: 0.3}", "leaky_relu: {negative_slope: 0.3}"),
            ("sigmoid", "sigmoid"), ("tanh", "tanh"), ("gelu", "gelu"), ("softmax", "softmax"),
            ("log_softmax", "log_softmax"),
            ("max_pool2d: 2", "max_pool2d: {kernel: 2, stride: 2, padding: 0}"),
            ("max_pool2d: [2, 3]", "max_pool2d: {kernel: [2, 3], stride: [2, 3], padding: 0}"),
            (
                "max_pool2d: {kernel: 3, stride: 2, padding: 1}",
                "max_pool2d: {kernel: 3, stride: 2, padding: 1}"
            ),
            (
                "avg_pool2d: {kernel_size: [4, 2], stride: null}",
                "avg_pool2d: {kernel: [4, 2], stride: [4, 2], padding: 0}"
            ),
            ("global_avg_pool", "global_avg_pool"), ("flatten", "flatten"),
            ("dropout", "dropout: {p: 0.5}"), ("dropout: 0.2", "dropout: {p: 0.2}"),
            ("dropout: {p: 0}", "dropout: {p: 0}"), ("dropout: null", "dropout: {p: 0.5}"),
        ])
    func oneLayer(text: String, line: String) throws {
        let run = try read(dataLine + "model:\n  - \(text)\n")
        #expect(run.layerLines == [line])
        // What is written means the same.
        #expect(try read(dataLine + "model:\n  - \(line)\n") == run)
        _ = try run.makeModel(classes: nil)
    }

    /// Every layer there is, by its name or with the one option that may stand alone.
    @Test func everyLayerIsRead() throws {
        for name in Vocabulary.standard.layers.names where name != "residual" {
            let option = Vocabulary.standard.layers.form.entries.first { $0.name == name }?.short
            let given = [
                "dropout": "0.25", "conv2d": "{out: 3, kernel: 1}", "conv1d": "{out: 3, kernel: 1}",
                "embedding": "{num_embeddings: 3, embedding_dim: 2}", "sequence_pool": "mean",
                "transformer_encoder": "{nhead: 1}",
            ][name]
            let text = (given ?? (option == nil ? nil : "1")).map { "\(name): \($0)" } ?? name
            #expect(try read(dataLine + "model: [\(text)]").layerLines.first?.hasPrefix(name) == true)
        }
    }

    @Test func residualsHoldLists() throws {
        let run = try read(
            dataLine + """
                model:
                  - residual:
                      body: [linear: 3, residual: {body: [relu]}]
                      shortcut: [linear: 3]
                """)
        #expect(
            run.yaml.contains(
                """
                model:
                  - residual:
                      body:
                        - linear: {out: 3, bias: true}
                        - residual: {body: [relu], shortcut: []}
                      shortcut:
                        - linear: {out: 3, bias: true}
                loss:
                """), "\(run.yaml)")
        let model = try TracedModel(
            run.makeModel(classes: nil), exampleShape: [3], target: .classes(3), loss: .crossEntropy)
        #expect(
            model.variables.map(\.name) == [
                "0.body.0.weight", "0.body.0.bias", "0.shortcut.0.weight", "0.shortcut.0.bias",
            ]
        )
    }

    @Test(arguments: [
        ("dropout: 1.5", "4: model.1.dropout: must be at least 0 and below 1, is 1.5"),
        (
            "conv2d: {out: 4, kernel: 0}",
            "4: model.1.conv2d.kernel: must be a whole number from 1 to 1000, is 0"
        ),
        (
            "conv2d: {out: 4, kernel: [3, 3, 3]}",
            "4: model.1.conv2d.kernel: expected a whole number, or [height, width], found [3, 3, 3]"
        ),
        (
            "conv2d: {out: 4, kernel: 3, groups: 3}",
            "4: model.1.conv2d.groups: must be a divisor of out, which is 4, is 3"
        ),
        (
            "conv2d: {out: 4, in: 3, kernel: 3, groups: 2}",
            "4: model.1.conv2d.groups: must be a divisor of in, which is 3, is 2"
        ),
        (
            "conv2d: {out: 4}",
            "4: model.1.conv2d.kernel: missing; it must be a whole number, or [height, width]: the extent of the kernel, in pixels"
        ),
        ("conv2d: 4", "4: model.1.conv2d: expected options, at least out and kernel (out, out_channels, in"),
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
        (
            "linear",
            "4: model.1.linear.out: missing; it must be a whole number from 1 to 1000000: the number of features it makes"
        ),
        ("linear: ten", "4: model.1.linear: expected a whole number, found \"ten\""),
        ("relu: 3", "4: model.1.relu: expected no options, found 3"),
        ("relu: {inplace: true}", "4: model.1.relu.inplace: unknown option; leave it out"),
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
        (
            "max_pool2d",
            "4: model.1.max_pool2d.kernel: missing; it must be a whole number, or [height, width]: the extent of the window"
        ),
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
            "4: model.1.layer_norm: must have at least one element"
        ),
        ("layer_norm: [0]", "4: model.1.layer_norm.0: must be a whole number from 1"),
        (
            "layer_norm: {elementwise_affine: false, bias: true}",
            "4: model.1.layer_norm.bias: must be left out: it goes with elementwise_affine: true, is true"
        ),
        (
            "group_norm",
            "4: model.1.group_norm.num_groups: missing; it must be a whole number from 1 to 1000000: the number of groups"
        ),
        ("layernorm", "4: model.1: unknown layer \"layernorm\"; did you mean \"layer_norm\"?"),
        (
            "residual: {shortcut: []}",
            "4: model.1.residual.body: missing; it must be a list of layers: the layers of the branch that learns"
        ),
        (
            "residual: {body: []}",
            "4: model.1.residual.body: must have at least one element"
        ),
        (
            "residual:\n    body:\n      linear: 3\n      relu:",
            "6: model.1.residual.body: expected a list of layers, found keys with values; put \"- \" in front of every layer"
        ),
        (
            "residual:\n    body:\n      - relu\n      - linear: 0",
            "7: model.1.residual.body.1.linear: must be a whole"
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
            ("mlp", "{name: mlp, hidden: [512, 256]}"),
            ("{name: mlp, hidden: []}", "{name: mlp, hidden: []}"),
            ("lenet5", "lenet5"), ("{name: lenet5}", "lenet5"),
            (
                "{name: cnn, channels: [8, 16], sync: false}",
                "{name: cnn, channels: [8, 16], hidden: 128, sync: false}"
            ),
            (
                "{name: resnet20, blocks: 5}",
                "{name: resnet20, blocks: 5, width: 16, shortcut: true, sync: true}"
            ),
            ("resnet18", "{name: resnet18, sync: true}"),
        ])
    func builtInModels(text: String, line: String) throws {
        let run = try read(dataLine + "model: \(text)")
        #expect(run.line("model") == line)
        let error = #expect(throws: ConfigurationError.self) { try run.makeModel(classes: nil) }
        #expect(
            error?.description
                == "config.yaml:2: model: must be a list of layers: a built-in model takes its number of outputs from "
                + "the data, which says none; write the model as a list of layers, or give the data labels")
        let made = try run.makeModel(classes: 7)
        let traced = try TracedModel(
            made, exampleShape: [1, 28, 28], target: .classes(7), loss: .crossEntropy)
        #expect(traced.outputShape == [7])
    }

    @Test(arguments: [
        ("resnet21", "model: unknown model \"resnet21\"; did you mean \"resnet20\"?"),
        ("{name: mpl}", "model.name: unknown model \"mpl\"; did you mean \"mlp\"?"),
        ("{name: resnet20, with: 3}", "model.with: unknown option of resnet20; did you mean \"width\"?"),
        ("{name: lenet5, hidden: 3}", "model.hidden: unknown option of lenet5; the options here are name"),
        ("{name: cnn, channels: [1]}", "model.channels: expected a list of 2 whole numbers, found [1]"),
        (
            "{hidden: 3}",
            "model.name: missing; it must be one of mlp, lenet5, cnn, resnet20, resnet18"
        ),
        (
            "{linear: 3}",
            "model: expected a list of layers, or a built-in model's name, found keys with values; put \"- \" in front of every layer"
        ),
        ("[]", "model: must have at least one element"),
        ("7", "model: expected the name of a model, found 7"),
    ])
    func mistakesInBuiltInModels(text: String, message: String) {
        let failure = failure(dataLine + "model: \(text)")
        #expect(failure.hasPrefix("config.yaml:2: \(message)"), "\(failure)")
    }

    @Test func aListOfEveryLayerMakesAModel() throws {
        let run = try read(
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
        )
        let made = try run.makeModel(classes: nil)
        let traced = try TracedModel(made, exampleShape: [1, 8, 8], target: .classes(6), loss: .crossEntropy)
        #expect(traced.outputShape == [6])
        #expect(traced.variables.map(\.name).contains("7.shortcut.0.weight"))
        #expect(traced.variables.map(\.name).contains("14.bias"))
    }

    @Test(arguments: [
        (
            "linear: 5",
            "config.yaml:4: model.1: expects (N, features), got shape (N, 1, 8, 8): put flatten in front"
        ),
        (
            "residual:\n    body:\n    - relu\n    - max_pool2d: 50",
            "config.yaml:7: model.1.residual.body.1: expects"
        ),
        (
            "residual:\n    body: [conv2d: {out: 3, kernel: 1}]",
            "config.yaml:4: model.1: the body makes shape (N, 3, 8, 8), the shortcut (N, 1, 8, 8): give"
        ),
    ])
    func modelsThatDoNotFitAreFoundWhereTheyAre(text: String, message: String) throws {
        let run = try read(dataLine + "model:\n- relu\n- " + text)
        let made = try run.makeModel(classes: nil)
        do {
            _ = try TracedModel(made, exampleShape: [1, 8, 8], target: .classes(6), loss: .crossEntropy)
            Issue.record("the model fits")
        } catch {
            let error = run.configurationError(error)
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
                let model = try run.makeModel(classes: nil)
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
            try problem(.values([1]))?.hasPrefix("config.yaml:4: loss: cross_entropy needs class") == true)
        #expect(try problem(.classes(6))?.hasPrefix("config.yaml:3: model.0: the model ends with") == true)
    }

    @Test func errorsOfWholeModelsAreAtTheSection() throws {
        let run = try read(small)
        #expect(run.configurationError(ModelError("no")).description == "config.yaml:2: model: no")
        let variable = run.configurationError(ModelError("unused", path: "1.weight"))
        #expect(variable.key == "model.1")
        let inner = try read(dataLine + "model: resnet18").configurationError(
            ModelError("no", path: "layer1.0"))
        #expect(inner.description == "config.yaml:2: model: layer layer1.0: no")
    }
}
