import Layers
import Testing

@testable import Configuration

/// How linear and conv2d layers say what their weights start as and whether they are normalized.
@Suite struct WeightOptionsTests {
    private func layers(_ text: String) throws -> [LayerKind] {
        guard case .layers(let layers) = try read(dataLine + "model:\n  - \(text)\n").model.form else {
            return []
        }
        return layers.map(\.kind)
    }

    private func options(_ text: String) throws -> WeightOptions? {
        guard case .linear(_, _, _, let weights)? = try layers("linear: {out: 3, \(text)}").first else {
            return nil
        }
        return weights
    }

    @Test(
        arguments: [
            ("bias: true", WeightOptions()),
            ("weight_norm: false, spectral_norm: false", WeightOptions()),
            ("weight_norm: true", WeightOptions(form: .weightNorm)),
            ("spectral_norm: true", WeightOptions(form: .spectralNorm)),
            ("init: xavier_normal", WeightOptions(weight: .xavierNormal(gain: 1))),
            ("init: {name: orthogonal, gain: 2}", WeightOptions(weight: .orthogonal(gain: 2))),
            ("init: {weight: zeros}", WeightOptions(weight: .zeros)),
            ("init: {bias: ones}", WeightOptions(bias: .ones)),
            (
                "init: {weight: kaiming_normal, mode: fan_out, nonlinearity: relu}",
                WeightOptions(weight: .kaimingNormal(fan: .fanOut, .relu))
            ),
            (
                "init: {weight: kaiming_uniform, bias: {name: constant, val: 0.5}}",
                WeightOptions(
                    weight: .kaimingUniform(fan: .fanIn, .leakyReLU(slope: 0)), bias: .constant(0.5))
            ),
            (
                "init: {weight: {name: kaiming_uniform, a: 0.2}, bias: {name: uniform, a: -1}}",
                WeightOptions(
                    weight: .kaimingUniform(fan: .fanIn, .leakyReLU(slope: 0.2)), bias: .uniform(a: -1, b: 1))
            ),
            ("init: {name: normal, std: 0.02}", WeightOptions(weight: .normal(mean: 0, std: 0.02))),
            (
                "init: {name: trunc_normal, b: 3}",
                WeightOptions(weight: .truncatedNormal(mean: 0, std: 1, a: -2, b: 3))
            ),
        ] as [(String, WeightOptions)])
    func given(text: String, expected: WeightOptions) throws {
        #expect(try options(text) == expected)
        // A convolution has the same options.
        let convolution = try layers("conv2d: {out: 3, kernel: 1, \(text)}").first
        guard case .conv2d(_, _, _, _, _, _, _, let weights)? = convolution else {
            Issue.record("no convolution")
            return
        }
        #expect(weights == expected)
    }

    @Test(arguments: [
        (
            "weight_norm: true, spectral_norm: true",
            "spectral_norm: a layer has weight_norm or spectral_norm, not both"
        ),
        ("weight_norm: 1", "weight_norm: expected true or false, found 1"),
        ("init: xavier", "init: unknown initializer \"xavier\"; the initializers here are zeros, ones"),
        (
            "init: kaimin_normal",
            "init: unknown initializer \"kaimin_normal\"; did you mean \"kaiming_normal\"?"
        ),
        ("init: {mode: fan_out}", "init.mode: unknown option; the options here are weight, bias"),
        (
            "init: {name: orthogonal, gian: 2}",
            "init.gian: unknown option of orthogonal; did you mean \"gain\"?"
        ),
        ("init: {weight: orthogonal, mode: fan_in}", "init.mode: unknown option of orthogonal"),
        ("init: constant", "init.val: missing; it must be the value of every element"),
        ("init: {name: normal, std: 0}", "init.std: must be a number above 0, is 0"),
        ("init: {name: uniform, a: 2}", "init.a: a must be below b, a is 2, b 1"),
        (
            "init: {name: kaiming_normal, mode: fan_on}",
            "init.mode: unknown mode \"fan_on\"; did you mean \"fan_in\"?"
        ),
        (
            "init: {name: kaiming_normal, nonlinearity: rleu}",
            "init.nonlinearity: unknown nonlinearity \"rleu\"; did you mean \"relu\"?"
        ),
        (
            "init: {name: kaiming_normal, nonlinearity: relu, a: 0.1}",
            "init.a: is the slope of leaky_relu, the nonlinearity is relu"
        ),
        (
            "init: {bias: orthogonal}",
            "init.bias: orthogonal needs a weight's inputs and outputs, which a bias has not"
        ),
        ("bias: false, init: {bias: zeros}", "init.bias: the layer has no bias"),
        ("init: 3", "init: expected the name of an initializer, found 3"),
    ])
    func mistakes(text: String, message: String) {
        let failure = failure(dataLine + "model:\n- linear: {out: 3, \(text)}")
        #expect(failure.hasPrefix("config.yaml:3: model.0.linear.\(message)"), "\(failure)")
    }

    /// Layers without initializers of their own take the model's.
    @Test func defaultsOfTheWholeModel() throws {
        let run = try read(
            dataLine + """
                model:
                  - linear: {out: 2, init: {weight: {name: constant, val: 3}}}
                  - residual: {body: [linear: 2]}
                init: {default: {weight: {name: constant, val: 1}, bias: {name: constant, val: 2}}}
                """)
        let model = try TracedModel(
            run.model.makeModel(classes: nil), exampleShape: [1], target: .classes(2), loss: .crossEntropy)
        #expect(model.initialValues(seed: 0) == [[3, 3], [2, 2], [1, 1, 1, 1], [2, 2]])
        #expect(
            failure(dataLine + "model: mlp\ninit: {default: zeros}").hasPrefix(
                "config.yaml:2: model: a built-in model draws its own first values"))
        #expect(failure(small + "init: {}").hasPrefix("config.yaml:3: init.weights: missing"))
        #expect(
            failure(small + "init: {defualt: zeros}").contains("unknown key; did you mean \"default\"?"))
    }

    @Test func everyNameHasOneReader() throws {
        for name in InitializerConfiguration.names {
            let value = name == "constant" ? "{name: constant, val: 2}" : name
            #expect(try options("init: \(value)")?.weight?.yaml.contains(name) == true)
        }
    }
}
