import Graph
import Layers
import Options
import Testing

/// Layers, initializers and models that are picked by name.
@Suite struct ChoiceTests {
    private let parts = LayerParts(layers: .layers, initializers: .initializers)

    private func layer(_ name: String, _ options: KeyValuePairs<String, OptionValue> = [:]) -> OptionValue {
        .choice(name, named(options))
    }

    private func named(_ options: KeyValuePairs<String, OptionValue>) -> [NamedOption] {
        options.map { NamedOption($0.key, $0.value) }
    }

    private func options(_ options: KeyValuePairs<String, OptionValue>) -> OptionValue {
        .options(named(options))
    }

    private func trace(_ model: any Model, _ exampleShape: [Int]) throws -> TracedModel {
        try TracedModel(model, exampleShape: exampleShape, target: .none, loss: .meanSquaredError)
    }

    private func firstValues(_ layers: [OptionValue], initial: OptionValue) throws -> [[Float]] {
        let parts = LayerParts(layers: .layers, initializers: .initializers, initial: initial)
        try parts.checkInitial()
        let model = try ModelDescription(.list(layers)).makeModel(classes: nil, parts: parts, models: .models)
        return try trace(model, [1]).initialValues(seed: 0)
    }

    @Test func everyLayerIsMadeOfWhatItMustBeGiven() throws {
        let names = [
            "linear", "conv2d", "batch_norm", "batch_renorm", "layer_norm", "group_norm", "instance_norm",
            "rms_norm", "relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softmax", "log_softmax",
            "max_pool2d",
            "avg_pool2d", "global_avg_pool", "flatten", "dropout", "residual", "embedding", "rnn",
            "lstm", "gru", "sequence_pool", "positional_embedding", "sinusoidal_encoding",
            "multihead_attention", "transformer_encoder", "transpose", "conv1d", "max_pool1d", "avg_pool1d",
        ]
        #expect(parts.layers.names == names)
        let required: [String: OptionValue] = [
            "out": 4, "kernel": 2, "num_groups": 2, "body": .list(["relu"]),
            "num_embeddings": 9, "embedding_dim": 5, "hidden_size": 3, "kind": "mean", "max_length": 9,
            "num_heads": 2, "nhead": 2,
        ]
        for choice in parts.layers.choices {
            let given = choice.options.filter(\.isRequired)
                .map { NamedOption($0.name, required[$0.name] ?? .none) }
            let made = try parts.layer(.choice(choice.name, given))
            let shape =
                switch choice.name {
                case "linear", "softmax", "log_softmax", "embedding": [4]
                case "rnn", "lstm", "gru", "sequence_pool", "positional_embedding", "sinusoidal_encoding",
                    "multihead_attention", "transformer_encoder", "conv1d", "max_pool1d", "avg_pool1d":
                    [4, 6]
                default: [4, 6, 6]
                }
            #expect(throws: Never.self, "\(choice.name)") { try trace(made, shape) }
            #expect(!choice.summary.isEmpty && choice.options.allSatisfy { !$0.summary.isEmpty })
        }
    }

    @Test func layersTakeTheirOptions() throws {
        func shapes(_ value: OptionValue, _ shape: [Int]) throws -> [String] {
            let model = try trace(try parts.layer(value), shape)
            return model.variables.map { "\($0.name) \($0.shape)" } + ["\(model.outputShape)"]
        }
        let convolution = layer(
            "conv2d",
            [
                "out": 6, "in": 4, "kernel": [3, 5], "stride": .list([.whole(2), .whole(1)]),
                "padding": [0, 2], "groups": 2, "bias": false,
            ])
        #expect(try shapes(convolution, [4, 9, 8]) == ["weight [6, 2, 3, 5]", "[6, 4, 8]"])
        #expect(
            try shapes(layer("max_pool2d", ["kernel": 3, "stride": 2, "padding": 1]), [2, 5, 5]) == [
                "[2, 3, 3]"
            ])
        #expect(try shapes(layer("avg_pool2d", ["kernel": [4, 2]]), [2, 8, 8]) == ["[2, 2, 4]"])
        #expect(
            try shapes(layer("layer_norm", ["normalized_shape": 3, "bias": false]), [2, 3])
                == ["weight [3]", "[2, 3]"])
        #expect(try shapes(layer("layer_norm", ["elementwise_affine": false]), [2, 3]) == ["[2, 3]"])
        #expect(
            try shapes(layer("linear", ["out": 2, "weight_norm": true, "bias": false]), [3]) == [
                "parametrizations.weight.original0 [2, 1]", "parametrizations.weight.original1 [2, 3]", "[2]",
            ])
    }

    @Test func everyInitializerIsMadeOfWhatItMustBeGiven() throws {
        var suiting: [String] = []
        for choice in parts.initializers.choices {
            let given = choice.name == "constant" ? [NamedOption("val", 2)] : []
            let initializer = try parts.initializer(.choice(choice.name, given))
            if !initializer.needsMatrix { suiting.append(choice.name) }
            #expect(!choice.summary.isEmpty && choice.options.allSatisfy { !$0.summary.isEmpty })
        }
        #expect(suiting == ["zeros", "ones", "constant", "uniform", "normal", "trunc_normal"])
        #expect(
            parts.initializers.names == suiting + [
                "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal",
            ])
        let kaiming = try parts.initializer(
            layer("kaiming_normal", ["mode": "fan_out", "nonlinearity": "tanh"]))
        guard case .kaimingNormal(.fanOut, .tanh) = kaiming else {
            Issue.record("\(kaiming)")
            return
        }
        let sloped = try parts.initializer(layer("kaiming_uniform", ["a": 0.2]))
        guard case .kaimingUniform(.fanIn, .leakyReLU(slope: 0.2)) = sloped else {
            Issue.record("\(sloped)")
            return
        }
    }

    @Test func everyModelIsMadeFromItsDefaults() throws {
        let models = ChoiceList<ModelMaker>.models
        #expect(models.names == BuiltInModel.allCases.map(\.rawValue))
        for model in BuiltInModel.allCases {
            let description = ModelDescription(.text(model.rawValue))
            let made = try trace(
                description.makeModel(classes: 7, parts: parts, models: models), [1, 28, 28])
            let expected = try trace(model.model(classes: 7), [1, 28, 28])
            #expect(made.variables.map(\.name) == expected.variables.map(\.name))
            #expect(made.variables.map(\.shape) == expected.variables.map(\.shape))
        }
        func count(_ value: OptionValue) throws -> Int {
            let model = try ModelDescription(value).makeModel(classes: 2, parts: parts, models: models)
            return try trace(model, [1, 28, 28]).variables.count
        }
        #expect(try count(layer("mlp", ["hidden": .list([])])) == 2)
        #expect(try count(layer("mlp", ["hidden": [8]])) == 4)
        #expect(try count(layer("resnet20", ["blocks": 1, "width": 4])) < count("resnet20"))
    }

    @Test func optionsThatDoNotGoTogether() {
        func expect(
            _ value: OptionValue, _ kind: OptionError.Kind, _ key: String, _ allowed: String,
            _ location: SourceLocation = #_sourceLocation
        ) {
            let error = #expect(throws: OptionError.self, sourceLocation: location) {
                _ = try ModelDescription(.list(["flatten", value]))
                    .makeModel(classes: nil, parts: parts, models: .models)
            }
            #expect(error?.kind == kind && error?.key == "1.\(key)", sourceLocation: location)
            #expect(
                error?.allowed.contains(allowed) == true, "\(error?.allowed ?? "")", sourceLocation: location)
        }
        expect(
            layer("conv2d", ["out": 4, "kernel": 3, "groups": 3]), .conflict, "conv2d.groups",
            "a divisor of out, which is 4")
        expect(
            layer("conv2d", ["out": 4, "in": 3, "kernel": 3, "groups": 2]), .conflict, "conv2d.groups",
            "a divisor of in, which is 3")
        expect(
            layer("conv2d", ["out": 4, "kernel": [3, 3, 3]]), .wrongType, "conv2d.kernel",
            "a whole number, or [height, width]")
        expect(
            layer("conv2d", ["out": 4, "kernel": [3, 0]]), .outOfRange, "conv2d.kernel.1",
            "a whole number from 1 to 1000")
        expect(layer("conv2d", ["out": 4, "kernel": [3, 1.5]]), .outOfRange, "conv2d.kernel.1", "whole")
        expect(
            layer("max_pool2d", ["kernel": 3, "padding": [1, 2]]), .outOfRange, "max_pool2d.padding",
            "at most half of the kernel, which is [3, 3]")
        expect(
            layer("batch_renorm", ["warmup_steps": 10, "r_steps": 5]), .conflict, "batch_renorm.r_steps",
            "at least warmup_steps, which is 10")
        expect(
            layer("layer_norm", ["elementwise_affine": false, "bias": true]), .conflict, "layer_norm.bias",
            "elementwise_affine: true")
        expect(
            layer("layer_norm", ["normalized_shape": .list([])]), .wrongType, "layer_norm.normalized_shape",
            "at least one extent")
        expect(
            layer("linear", ["out": 3, "weight_norm": true, "spectral_norm": true]), .conflict,
            "linear.spectral_norm", "a layer has weight_norm or spectral_norm, not both")
        expect(
            layer("linear", ["out": 3, "bias": false, "init": options(["bias": "zeros"])]), .conflict,
            "linear.init.bias", "the layer has no bias")
        expect(
            layer("linear", ["out": 3, "init": options(["bias": "orthogonal"])]), .conflict,
            "linear.init.bias", "orthogonal needs a weight's inputs and outputs, which a bias has not")
        expect(
            layer("linear", ["out": 3, "init": layer("uniform", ["a": 2])]), .conflict, "linear.init.a",
            "below b, which is 1")
        expect(
            layer(
                "linear",
                [
                    "out": 3,
                    "init": options(["weight": layer("kaiming_normal", ["nonlinearity": "relu", "a": 1])]),
                ]),
            .conflict, "linear.init.weight.a", "the slope of leaky_relu, the nonlinearity is relu")
        expect(
            layer("linear", ["out": 3, "init": "xavier"]), .unknownName, "linear.init.name", "zeros, ones")
        expect(layer("residual", ["body": .list([])]), .missingOption, "residual.body", "at least one layer")
        expect(
            layer("residual", ["body": .list(["relu", layer("linear", ["out": 0])])]), .outOfRange,
            "residual.body.1.linear.out", "a whole number from 1")
        expect("rleu", .unknownName, "name", "one of linear, conv2d")
    }

    @Test func modelsThatCannotBeMade() {
        func error(_ value: OptionValue, classes: Int?, initial: OptionValue = .none) -> OptionError? {
            let parts = LayerParts(layers: .layers, initializers: .initializers, initial: initial)
            return #expect(throws: OptionError.self) {
                _ = try ModelDescription(value).makeModel(classes: classes, parts: parts, models: .models)
            }
        }
        let drawn = error("mlp", classes: 3, initial: "zeros")
        #expect(drawn?.kind == .conflict && drawn?.allowed.contains("draws its own first values") == true)
        for classes in [nil, 0] {
            let missing = error("mlp", classes: classes)
            #expect(missing?.kind == .conflict && missing?.allowed.contains("which says none") == true)
        }
        #expect(error("mpl", classes: 3)?.candidates == ChoiceList<ModelMaker>.models.names)
        #expect(error(.list([]), classes: 3)?.allowed == "at least one layer")
        #expect(error(layer("cnn", ["channels": [1, 2, 3]]), classes: 3)?.key == "channels")
        #expect(error(layer("resnet20", ["blocks": 0]), classes: 3)?.key == "blocks")
    }

    /// The order is: a layer's own weight and bias, the model's, torch's.
    @Test func firstValuesAreMergedPartByPart() throws {
        func constant(_ value: Double) -> OptionValue {
            .choice("constant", [NamedOption("val", .number(value))])
        }
        let initial = options(["weight": constant(1), "bias": constant(2)])
        let layers = [
            layer("linear", ["out": 2, "init": options(["weight": constant(3)])]),
            layer("residual", ["body": .list([layer("linear", ["out": 2])])]),
            layer("linear", ["out": 1, "init": options(["bias": constant(4)])]),
            layer("linear", ["out": 1, "bias": false]), layer("linear", ["out": 1, "init": constant(5)]),
        ]
        #expect(
            try firstValues(layers, initial: initial) == [
                [3, 3], [2, 2], [1, 1, 1, 1], [2, 2], [1, 1], [4], [1], [5], [2],
            ])
        let plain = try firstValues([layer("linear", ["out": 2])], initial: .none)
        #expect(try firstValues([layer("linear", ["out": 2])], initial: constant(7)) == [[7, 7], plain[1]])
        #expect(plain == (try trace(Sequential([Linear(2)]), [1]).initialValues(seed: 0)))
        let mistake = #expect(throws: OptionError.self) {
            try firstValues([], initial: options(["bias": "orthogonal"]))
        }
        #expect(mistake?.key == "bias" && mistake?.advice?.hasPrefix("the initializers of a bias") == true)
    }

    /// Multiplies by a number.
    private struct Scaling: Layer {
        let factor: Double
        func callAsFunction(_ x: Tensor) -> Tensor { x * factor }
    }

    @Test func ownLayersWorkInsideOthers() throws {
        var layers = ChoiceList<LayerMaker>.layers
        layers.add(
            NamedChoice(
                "scaling", "A factor.", [.optional("factor", default: 2, "The factor.")], short: "factor"
            ) {
                LayerMaker(Scaling(factor: $0.number("factor")))
            })
        let parts = LayerParts(layers: layers, initializers: .initializers)
        let description = ModelDescription(
            .list([layer("residual", ["body": .list([layer("linear", ["out": 3]), "scaling"])])]))
        let model = try trace(description.makeModel(classes: nil, parts: parts, models: .models), [3])
        #expect(model.variables.map(\.name) == ["0.body.0.weight", "0.body.0.bias"])
        #expect(
            try description.resolved(parts: parts, models: .models).description
                == "[{residual: {body: [{linear: {out: 3, bias: true}}, {scaling: {factor: 2}}], shortcut: []}}]"
        )
        #expect(throws: OptionError.self) {
            try description.makeModel(classes: nil, parts: self.parts, models: .models)
        }
    }

    @Test func resolvedModelsSayWhatWasLeftOut() throws {
        func expect(
            _ value: OptionValue, _ text: String, _ location: SourceLocation = #_sourceLocation
        ) throws {
            let description = ModelDescription(value)
            let resolved = try description.resolved(parts: parts, models: .models)
            #expect(resolved.description == text, sourceLocation: location)
            #expect(
                try ModelDescription(resolved).resolved(parts: parts, models: .models) == resolved,
                sourceLocation: location)
            _ = try ModelDescription(resolved).makeModel(classes: 2, parts: parts, models: .models)
        }
        try expect("mlp", "{mlp: {hidden: [512, 256]}}")
        try expect("lenet5", "lenet5")
        try expect(
            layer("cnn", ["channels": [8, 16], "sync": false]),
            "{cnn: {channels: [8, 16], hidden: 128, sync: false}}")
        try expect(
            .list([
                layer("conv2d", ["kernel": [3, 5], "out": 4, "init": "orthogonal", "weight_norm": true]),
                "batch_norm", layer("batch_norm", ["affine": false]), "relu",
                layer("max_pool2d", ["kernel": 2]),
                layer(
                    "residual",
                    ["body": .list([layer("conv2d", ["out": 4, "kernel": 1, "spectral_norm": false])])]),
                layer("batch_renorm", ["warmup_steps": 30000]), "layer_norm",
                layer("layer_norm", ["elementwise_affine": false]), "flatten",
                layer(
                    "linear",
                    [
                        "out": 3,
                        "init": options(["bias": "ones", "weight": layer("kaiming_normal", ["a": 0.5])]),
                    ]),
                layer("linear", ["out": 1, "init": layer("kaiming_uniform", ["nonlinearity": "relu"])]),
                layer("linear", ["out": 1, "init": "kaiming_uniform"]),
            ]),
            "["
                + [
                    "{conv2d: {out: 4, kernel: [3, 5], stride: 1, padding: 0, groups: 1, bias: true, "
                        + "init: {orthogonal: {gain: 1}}, weight_norm: true}}",
                    "{batch_norm: {sync: true, momentum: 0.1, eps: 1e-05}}",
                    "{batch_norm: {sync: true, momentum: 0.1, eps: 1e-05, affine: false}}", "relu",
                    "{max_pool2d: {kernel: 2, stride: 2, padding: 0}}",
                    "{residual: {body: [{conv2d: {out: 4, kernel: 1, stride: 1, padding: 0, groups: 1, "
                        + "bias: true}}], shortcut: []}}",
                    "{batch_renorm: {sync: true, momentum: 0.01, eps: 1e-05, r_max: 3, d_max: 5, "
                        + "warmup_steps: 30000, r_steps: 40000, d_steps: 30000}}",
                    "{layer_norm: {eps: 1e-05, elementwise_affine: true, bias: true}}",
                    "{layer_norm: {eps: 1e-05, elementwise_affine: false}}", "flatten",
                    "{linear: {out: 3, bias: true, init: {weight: {kaiming_normal: {mode: fan_in, "
                        + "nonlinearity: leaky_relu, a: 0.5}}, bias: ones}}}",
                    "{linear: {out: 1, bias: true, init: {kaiming_uniform: {mode: fan_in, "
                        + "nonlinearity: relu}}}}",
                    "{linear: {out: 1, bias: true, init: {kaiming_uniform: {mode: fan_in, "
                        + "nonlinearity: leaky_relu, a: 0}}}}",
                ].joined(separator: ", ") + "]")
        let same = ModelDescription(.list([layer("linear", ["out": .whole(3)])]))
        #expect(
            try same.resolved(parts: parts, models: .models)
                == .list([layer("linear", ["out": .whole(3), "bias": true])]))
    }
}
