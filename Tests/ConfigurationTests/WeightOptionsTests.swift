import Layers
import Testing
import Training

@testable import Configuration

/// How linear and conv2d layers say what their weights start as and whether they are normalized.
@Suite struct WeightOptionsTests {
    /// What the resolved configuration says of the options, behind the usual ones.
    private func options(_ text: String) throws -> String {
        let line = try read(dataLine + "model:\n  - linear: {out: 3, \(text)}\n").layerLines.first ?? ""
        let start = "linear: {out: 3, bias: true"
        #expect(line.hasPrefix(start) && line.hasSuffix("}"), "\(line)")
        return String(line.dropFirst(start.count).dropLast().drop { ", ".contains($0) })
    }

    @Test(
        arguments: [
            ("bias: true", ""), ("weight_norm: false, spectral_norm: false", ""), ("init: null", ""),
            ("weight_norm: true", "weight_norm: true"), ("spectral_norm: true", "spectral_norm: true"),
            ("init: xavier_normal", "init: {name: xavier_normal, gain: 1}"),
            ("init: {name: orthogonal, gain: 2}", "init: {name: orthogonal, gain: 2}"),
            ("init: {weight: zeros}", "init: {weight: zeros}"), ("init: {bias: ones}", "init: {bias: ones}"),
            (
                "init: {weight: kaiming_normal, mode: fan_out, nonlinearity: relu}",
                "init: {weight: {name: kaiming_normal, mode: fan_out, nonlinearity: relu}}"
            ),
            (
                "init: {weight: orthogonal, bias: zeros, gain: 2}",
                "init: {weight: {name: orthogonal, gain: 2}, bias: zeros}"
            ),
            (
                "init: {weight: kaiming_uniform, bias: {name: constant, val: 0.5}}",
                "init: {weight: {name: kaiming_uniform, mode: fan_in, nonlinearity: leaky_relu, a: 0}, "
                    + "bias: {name: constant, val: 0.5}}"
            ),
            (
                "init: {weight: {name: kaiming_uniform, a: 0.2}, bias: {name: uniform, a: -1}}",
                "init: {weight: {name: kaiming_uniform, mode: fan_in, nonlinearity: leaky_relu, a: 0.2}, "
                    + "bias: {name: uniform, a: -1, b: 1}}"
            ),
            ("init: {name: normal, std: 0.02}", "init: {name: normal, mean: 0, std: 0.02}"),
            ("init: {name: trunc_normal, b: 3}", "init: {name: trunc_normal, mean: 0, std: 1, a: -2, b: 3}"),
        ])
    func given(text: String, expected: String) throws {
        #expect(try options(text) == expected)
        if !expected.isEmpty { #expect(try options(expected) == expected) }
        // A convolution has the same options.
        let convolution = try read(dataLine + "model:\n  - conv2d: {out: 3, kernel: 1, \(text)}\n").layerLines
        #expect(
            convolution.first?.hasSuffix(expected.isEmpty ? "bias: true}" : "bias: true, \(expected)}")
                == true)
    }

    @Test(arguments: [
        (
            "weight_norm: true, spectral_norm: true",
            "spectral_norm: must be false: a layer has weight_norm or spectral_norm, not both, is true"
        ),
        ("weight_norm: 1", "weight_norm: expected true or false, found 1"),
        ("init: xavier", "init: unknown initializer \"xavier\"; did you mean \"xavier_uniform\"?"),
        (
            "init: kaimin_normal",
            "init: unknown initializer \"kaimin_normal\"; did you mean \"kaiming_normal\"?"
        ),
        ("init: {mode: fan_out}", "init.mode: unknown key; the keys here are weight, bias"),
        (
            "init: {name: orthogonal, gian: 2}",
            "init.gian: unknown option of orthogonal; did you mean \"gain\"?"
        ),
        ("init: {weight: orthogonal, mode: fan_in}", "init.mode: unknown option of orthogonal"),
        ("init: constant", "init.val: missing; it must be a number: the value of every element"),
        ("init: {name: normal, std: 0}", "init.std: must be a finite number above 0, is 0"),
        ("init: {name: uniform, a: 2}", "init.a: must be below b, which is 1, is 2"),
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
            "init.a: must be left out: it is the slope of leaky_relu, the nonlinearity is relu, is 0.1"
        ),
        (
            "init: {bias: orthogonal}",
            "init.bias: must be an initializer for any shape: orthogonal needs a weight's inputs and outputs, which a bias has not"
        ),
        ("bias: false, init: {bias: zeros}", "init.bias: must be left out: the layer has no bias"),
        ("init: {name: zeros, weight: ones}", "init.weight: must be left out beside name"),
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
            run.makeModel(classes: nil), exampleShape: [1], target: .classes(2), loss: .crossEntropy)
        #expect(model.initialValues(seed: 0) == [[3, 3], [2, 2], [1, 1, 1, 1], [2, 2]])
        #expect(
            failure(dataLine + "model: mlp\ninit: {default: zeros}").hasPrefix(
                "config.yaml:2: model: must be a list of layers: a built-in model draws its own first values")
        )
        #expect(try read(small + "init: {}") == read(small))
        #expect(
            failure(small + "init: {defualt: zeros}").contains("unknown key; did you mean \"default\"?"))
    }

    @Test func everyNameHasOneReader() throws {
        for name in Vocabulary.standard.initializers.names {
            let value = name == "constant" ? "{name: constant, val: 2}" : name
            #expect(try options("init: \(value)").contains(name))
        }
    }
}
