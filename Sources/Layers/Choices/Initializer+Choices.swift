import Options

extension ChoiceList where Element == Initializer {
    /// Every way to draw first values; names and defaults are torch.nn.init's.
    public static var initializers: ChoiceList {
        ChoiceList(
            "initializer",
            [
                NamedChoice("zeros", "0 everywhere.") { _ in .constant(0) },
                NamedChoice("ones", "1 everywhere.") { _ in .constant(1) },
                NamedChoice(
                    "constant", "The same value everywhere.",
                    [.required("val", .number(.finite), "The value of every element.")]
                ) { .constant(Float($0.number("val"))) },
                NamedChoice(
                    "uniform", "Uniform between a and b.",
                    [number("a", 0, "The lower end."), number("b", 1, "The upper end.")]
                ) { options throws(OptionError) in
                    let (a, b) = try interval(options)
                    return .uniform(a: a, b: b)
                },
                NamedChoice("normal", "Normal with a mean and a deviation.", [mean, deviation]) {
                    .normal(mean: $0.number("mean"), deviation: $0.number("std"))
                },
                NamedChoice(
                    "trunc_normal", "Normal without what lies outside a and b.",
                    [
                        mean, deviation, number("a", -2, "The least value."),
                        number("b", 2, "The largest value."),
                    ]
                ) { options throws(OptionError) in
                    let (a, b) = try interval(options)
                    return .truncatedNormal(
                        mean: options.number("mean"), deviation: options.number("std"), a: a, b: b)
                },
                NamedChoice(
                    "xavier_uniform", "Uniform, of a variance by fan-in and fan-out.", [gain],
                    source: "Glorot & Bengio 2010"
                ) {
                    .xavierUniform(gain: $0.number("gain"))
                },
                NamedChoice(
                    "xavier_normal", "Normal, of a variance by fan-in and fan-out.", [gain],
                    source: "Glorot & Bengio 2010"
                ) {
                    .xavierNormal(gain: $0.number("gain"))
                },
                kaiming("kaiming_uniform", "Uniform, of a variance by one fan.", Initializer.kaimingUniform),
                kaiming("kaiming_normal", "Normal, of a variance by one fan.", Initializer.kaimingNormal),
                NamedChoice(
                    "orthogonal", "Orthonormal rows or columns, times the gain.", [gain],
                    source: "Saxe et al. 2014"
                ) {
                    .orthogonal(gain: $0.number("gain"))
                },
            ])
    }

    private static func number(_ name: String, _ value: Double, _ summary: String) -> OptionDeclaration {
        .optional(name, .number(.finite), default: .number(value), summary)
    }

    private static var mean: OptionDeclaration { number("mean", 0, "The mean.") }

    private static var deviation: OptionDeclaration {
        .optional("std", .number(.positive), default: 1, "The standard deviation.")
    }

    private static var gain: OptionDeclaration {
        .optional("gain", .number(.positive), default: 1, "The factor by which values are scaled.")
    }

    private static func interval(_ options: ResolvedOptions) throws(OptionError) -> (a: Double, b: Double) {
        let (a, b) = (options.number("a"), options.number("b"))
        guard a < b else {
            let key = options.given.contains("b") ? "b" : "a"
            throw OptionError(
                .conflict, key: key, value: options.value(key).description,
                allowed: key == "b"
                    ? "above a, which is \(options.value("a"))" : "below b, which is \(options.value("b"))")
        }
        return (a, b)
    }

    /// He's initializer under `name`; the option `a` is allowed only where the nonlinearity is leaky_relu.
    private static func kaiming(
        _ name: String, _ summary: String,
        _ make: @escaping @Sendable (InitializerFan, Nonlinearity) -> Initializer
    ) -> NamedChoice<Initializer> {
        @Sendable func declared(slope: OptionValue) -> [OptionDeclaration] {
            [
                .optional(
                    "mode", .word("mode", InitializerFan.allCases.map(\.rawValue)),
                    default: .text(InitializerFan.fanIn.rawValue), "The fan whose variance is kept."),
                .optional(
                    "nonlinearity", .word("nonlinearity", nonlinearities), default: .text(leaky),
                    "The function behind the layer, by which values are scaled."),
                .optional(
                    "a", .number(.finite), default: slope, "The slope of leaky_relu; 0 unless given."),
            ]
        }
        return NamedChoice(
            name, summary, declared(slope: .none), source: "He et al. 2015",
            dependent: { given, _ in
                declared(slope: (given["nonlinearity"] ?? .text(leaky)) == .text(leaky) ? 0 : .none)
            }
        ) { options throws(OptionError) in
            make(try options.word("mode"), try nonlinearity(options))
        }
    }

    private static let leaky = "leaky_relu"
    private static let nonlinearities = ["linear", "sigmoid", "tanh", "relu", leaky, "selu"]

    private static func nonlinearity(_ options: ResolvedOptions) throws(OptionError) -> Nonlinearity {
        let name = options.text("nonlinearity")
        guard name == leaky || options.value("a") == .none else {
            throw OptionError(
                .conflict, key: "a", value: options.value("a").description,
                allowed: "left out: it is the slope of leaky_relu, the nonlinearity is \(name)")
        }
        switch name {
        case "linear": return .linear
        case "sigmoid": return .sigmoid
        case "tanh": return .tanh
        case "relu": return .relu
        case "selu": return .selu
        default: return .leakyReLU(slope: options.value("a") == .none ? 0 : options.number("a"))
        }
    }
}

extension Initializer {
    /// Whether it needs a weight of at least two dimensions, so that it cannot draw a bias.
    public var needsMatrix: Bool {
        switch self {
        case .torchDefault, .xavierUniform, .xavierNormal, .kaimingUniform, .kaimingNormal, .orthogonal: true
        case .constant, .torchDefaultBias, .uniform, .normal, .truncatedNormal, .norms, .leftSingularVector,
            .rightSingularVector:
            false
        case .zeroRow(_, let initializer): initializer.needsMatrix
        }
    }

    /// The names of initializers that can draw values of any shape.
    static let namesForAnyShape = ["zeros", "ones", "constant", "uniform", "normal", "trunc_normal"]
}
