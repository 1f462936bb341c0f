import Layers

/// How a layer's first values are drawn, with all options, given or default; names and defaults are torch.nn.init's.
package enum InitializerConfiguration: Sendable, Equatable {
    /// `value` everywhere.
    case constant(Double)
    /// 0 everywhere.
    case zeros
    /// 1 everywhere.
    case ones
    /// U(a, b).
    case uniform(a: Double, b: Double)
    /// N(mean, std²).
    case normal(mean: Double, std: Double)
    /// N(mean, std²) without what lies outside a ... b.
    case truncatedNormal(mean: Double, std: Double, a: Double, b: Double)
    /// Uniform by both fans.
    case xavierUniform(gain: Double)
    /// Normal by both fans.
    case xavierNormal(gain: Double)
    /// Uniform by one fan.
    case kaimingUniform(fan: InitializerFan, Nonlinearity)
    /// Normal by one fan.
    case kaimingNormal(fan: InitializerFan, Nonlinearity)
    /// Orthonormal rows or columns.
    case orthogonal(gain: Double)

    /// The names that draw values for any shape.
    static let namesForAll = ["zeros", "ones", "constant", "uniform", "normal", "trunc_normal"]
    /// The names of all, in the order in which they are listed to a user; those behind `namesForAll` need a matrix.
    static let names =
        namesForAll + [
            "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal",
        ]

    /// The options of a name.
    static func optionNames(of name: String) -> [String] {
        switch name {
        case "constant": ["val"]
        case "uniform": ["a", "b"]
        case "normal": ["mean", "std"]
        case "trunc_normal": ["mean", "std", "a", "b"]
        case "xavier_uniform", "xavier_normal", "orthogonal": ["gain"]
        case "kaiming_uniform", "kaiming_normal": ["mode", "nonlinearity", "a"]
        default: []
        }
    }

    /// The initializer itself.
    var initializer: Initializer {
        switch self {
        case .constant(let value): .constant(Float(value))
        case .zeros: .constant(0)
        case .ones: .constant(1)
        case .uniform(let a, let b): .uniform(a: a, b: b)
        case .normal(let mean, let std): .normal(mean: mean, deviation: std)
        case .truncatedNormal(let mean, let std, let a, let b):
            .truncatedNormal(mean: mean, deviation: std, a: a, b: b)
        case .xavierUniform(let gain): .xavierUniform(gain: gain)
        case .xavierNormal(let gain): .xavierNormal(gain: gain)
        case .kaimingUniform(let fan, let nonlinearity): .kaimingUniform(fan: fan, nonlinearity)
        case .kaimingNormal(let fan, let nonlinearity): .kaimingNormal(fan: fan, nonlinearity)
        case .orthogonal(let gain): .orthogonal(gain: gain)
        }
    }

    /// The name and the options as one YAML value.
    var yaml: String {
        func number(_ key: String, _ value: Double) -> (key: String, value: String) {
            (key, YAMLWriter.number(value))
        }
        func kaiming(_ fan: InitializerFan, _ nonlinearity: Nonlinearity) -> [(key: String, value: String)] {
            [("mode", fan.rawValue), ("nonlinearity", nonlinearity.name)]
                + (nonlinearity.slope.map { [number("a", $0)] } ?? [])
        }
        let (name, options): (String, [(key: String, value: String)]) =
            switch self {
            case .constant(let value): ("constant", [number("val", value)])
            case .zeros: ("zeros", [])
            case .ones: ("ones", [])
            case .uniform(let a, let b): ("uniform", [number("a", a), number("b", b)])
            case .normal(let mean, let std): ("normal", [number("mean", mean), number("std", std)])
            case .truncatedNormal(let mean, let std, let a, let b):
                (
                    "trunc_normal",
                    [number("mean", mean), number("std", std), number("a", a), number("b", b)]
                )
            case .xavierUniform(let gain): ("xavier_uniform", [number("gain", gain)])
            case .xavierNormal(let gain): ("xavier_normal", [number("gain", gain)])
            case .kaimingUniform(let fan, let nonlinearity): ("kaiming_uniform", kaiming(fan, nonlinearity))
            case .kaimingNormal(let fan, let nonlinearity): ("kaiming_normal", kaiming(fan, nonlinearity))
            case .orthogonal(let gain): ("orthogonal", [number("gain", gain)])
            }
        return options.isEmpty ? name : YAMLWriter.flow([(key: "name", value: name)] + options)
    }
}

extension Nonlinearity {
    /// The names of all, torch's.
    static let names = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]

    /// torch's name.
    fileprivate var name: String {
        switch self {
        case .linear: "linear"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        case .relu: "relu"
        case .leakyReLU: "leaky_relu"
        case .selu: "selu"
        }
    }

    /// The slope of a leaky ReLU.
    fileprivate var slope: Double? {
        if case .leakyReLU(let slope) = self { slope } else { nil }
    }
}
