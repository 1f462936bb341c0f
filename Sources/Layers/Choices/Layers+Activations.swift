import Options

/// The layers without parameters that act on single elements or single rows.
extension NamedChoice where Element == LayerMaker {
    /// All layers of this file.
    static var activations: [NamedChoice] {
        [.relu, .leakyReLU, .sigmoid, .tanh, .gelu, .softmax, .logSoftmax]
    }

    static var relu: NamedChoice {
        NamedChoice("relu", "max(x, 0).", source: "Nair & Hinton 2010") { _ in LayerMaker(ReLU()) }
    }

    static var leakyReLU: NamedChoice {
        NamedChoice(
            "leaky_relu", "x above 0, a multiple of x below.",
            [.optional("negative_slope", .number(.finite), default: 0.01, "The slope below 0.")],
            short: "negative_slope", source: "Maas et al. 2013"
        ) { LayerMaker(LeakyReLU(slope: $0.number("negative_slope"))) }
    }

    static var sigmoid: NamedChoice {
        NamedChoice("sigmoid", "1 / (1 + e^−x).") { _ in LayerMaker(Sigmoid()) }
    }

    static var tanh: NamedChoice {
        NamedChoice("tanh", "The hyperbolic tangent.") { _ in LayerMaker(Tanh()) }
    }

    static var gelu: NamedChoice {
        NamedChoice("gelu", "x/2 · (1 + erf(x/√2)).", source: "Hendrycks & Gimpel 2016") { _ in
            LayerMaker(GELU())
        }
    }

    static var softmax: NamedChoice {
        NamedChoice("softmax", "Rows to probabilities.") { _ in LayerMaker(Softmax()) }
    }

    static var logSoftmax: NamedChoice {
        NamedChoice("log_softmax", "Rows to logarithms of probabilities.") { _ in LayerMaker(LogSoftmax()) }
    }

    static var dropout: NamedChoice {
        NamedChoice(
            "dropout", "Zeroes random elements in training.",
            [.optional("p", .number(.belowOne), default: 0.5, "The probability.")], short: "p",
            source: "Srivastava et al. 2014"
        ) { LayerMaker(Dropout($0.number("p"))) }
    }
}
