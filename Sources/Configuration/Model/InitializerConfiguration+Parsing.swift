import Layers

extension InitializerConfiguration {
    /// Reads an initializer: its name, or {name: ..., options}.
    ///
    /// - Parameter isMatrix: Whether it is for a weight; only then are fans and orthogonal rows defined.
    init(_ setting: Setting, isMatrix: Bool) throws(ConfigurationError) {
        guard case .mapping(let entries) = setting.node.content else {
            let none = ConfigurationNode(content: .mapping([]), location: setting.node.location)
            try self.init(
                named: setting, options: Setting(none, path: setting.path, at: setting.location),
                isMatrix: isMatrix)
            return
        }
        guard let entry = entries.first(where: { $0.key == "name" }) else {
            throw ConfigurationError(
                .missing, at: setting.location, key: setting.inside("name"),
                "missing; it must be one of \(Self.names(isMatrix: isMatrix).joined(separator: ", "))")
        }
        let name = Setting(entry.value, path: setting.inside("name"), at: entry.location)
        try self.init(named: name, options: setting, keys: ["name"], isMatrix: isMatrix)
    }

    /// Reads the options of the initializer `name`, beside which `keys` may stand.
    init(
        named name: Setting, options: Setting, keys: [String] = [], isMatrix: Bool
    ) throws(ConfigurationError) {
        let word = try name.text("the name of an initializer")
        guard Self.names.contains(word) else {
            throw name.error(
                .unknownName, "unknown initializer \(ConfigurationError.quoted(word))",
                advice: suggestion(for: word, among: Self.names(isMatrix: isMatrix), noun: "initializers"))
        }
        guard isMatrix || Self.namesForAll.contains(word) else {
            throw name.error(
                .conflict, "\(word) needs a weight's inputs and outputs, which a bias has not",
                advice: "the initializers of a bias are \(Self.namesForAll.joined(separator: ", "))")
        }
        let map = try SettingMap(options, keys: keys + Self.optionNames(of: word), noun: "option of \(word)")
        self = try Self.made(word, map)
    }

    private static func names(isMatrix: Bool) -> [String] { isMatrix ? names : namesForAll }

    private static func made(
        _ name: String, _ map: SettingMap
    ) throws(ConfigurationError) -> InitializerConfiguration {
        func number(_ key: String, _ standard: Double) throws(ConfigurationError) -> Double {
            try map[key]?.number("a number that Float32 can hold") { Float($0).isFinite } ?? standard
        }
        func positive(_ key: String, _ standard: Double) throws(ConfigurationError) -> Double {
            try map[key]?.number("a number above 0") { $0 > 0 && Float($0).isFinite } ?? standard
        }
        func interval(_ a: Double, _ b: Double) throws(ConfigurationError) -> (a: Double, b: Double) {
            let (a, b) = (try number("a", a), try number("b", b))
            if a >= b, let setting = map["b"] ?? map["a"] {
                throw setting.error(
                    .conflict,
                    "a must be below b, a is \(YAMLWriter.number(a)), b \(YAMLWriter.number(b))")
            }
            return (a, b)
        }
        switch name {
        case "zeros": return .zeros
        case "ones": return .ones
        case "constant":
            _ = try map.required("val", "the value of every element")
            return .constant(try number("val", 0))
        case "uniform":
            let (a, b) = try interval(0, 1)
            return .uniform(a: a, b: b)
        case "normal": return .normal(mean: try number("mean", 0), std: try positive("std", 1))
        case "trunc_normal":
            let (a, b) = try interval(-2, 2)
            return .truncatedNormal(mean: try number("mean", 0), std: try positive("std", 1), a: a, b: b)
        case "xavier_uniform": return .xavierUniform(gain: try positive("gain", 1))
        case "xavier_normal": return .xavierNormal(gain: try positive("gain", 1))
        case "orthogonal": return .orthogonal(gain: try positive("gain", 1))
        case "kaiming_uniform": return .kaimingUniform(fan: try fan(map), try nonlinearity(map))
        case "kaiming_normal": return .kaimingNormal(fan: try fan(map), try nonlinearity(map))
        default: preconditionFailure("\(name) is among the initializers' names, but has no reader")
        }
    }

    private static func fan(_ map: SettingMap) throws(ConfigurationError) -> InitializerFan {
        try map["mode"]?.choice("mode") ?? .fanIn
    }

    private static func nonlinearity(_ map: SettingMap) throws(ConfigurationError) -> Nonlinearity {
        let name =
            try map["nonlinearity"]?.name(of: "nonlinearity", among: Nonlinearity.names) ?? "leaky_relu"
        if name != "leaky_relu", let slope = map["a"] {
            throw slope.error(.conflict, "is the slope of leaky_relu, the nonlinearity is \(name)")
        }
        switch name {
        case "linear": return .linear
        case "sigmoid": return .sigmoid
        case "tanh": return .tanh
        case "relu": return .relu
        case "selu": return .selu
        default:
            return .leakyReLU(
                slope: try map["a"]?.number("a number that Float32 can hold") { Float($0).isFinite } ?? 0)
        }
    }
}
