/// The option `init` of a layer: a weight's initializer, or {weight: ..., bias: ...}.
struct LayerInitializers: Sendable, Equatable {
    /// How the weight's first values are drawn, if it was given.
    let weight: InitializerConfiguration?
    /// How the bias's first values are drawn, if it was given.
    let bias: InitializerConfiguration?
    /// Where the bias's initializer was written.
    let biasPlace: Setting?

    /// Initializers that were written nowhere.
    init(weight: InitializerConfiguration?, bias: InitializerConfiguration?) {
        (self.weight, self.bias, biasPlace) = (weight, bias, nil)
    }

    /// Whether both draw the same values, wherever they were written.
    static func == (a: LayerInitializers, b: LayerInitializers) -> Bool {
        a.weight == b.weight && a.bias == b.bias
    }

    /// What was given as one YAML value.
    var yaml: String {
        YAMLWriter.flow(
            [("weight", weight), ("bias", bias)].compactMap { name, initializer in
                initializer.map { (key: name, value: $0.yaml) }
            })
    }

    /// Reads `kaiming_normal`, `{name: kaiming_normal, mode: fan_out}`, `{weight: ..., bias: ...}` with such values, or
    /// `{weight: kaiming_normal, mode: fan_out, bias: ...}`, where the options are the weight's.
    init(_ setting: Setting) throws(ConfigurationError) {
        guard case .mapping(let entries) = setting.node.content,
            !entries.contains(where: { $0.key == "name" })
        else {
            weight = try InitializerConfiguration(setting, isMatrix: true)
            (bias, biasPlace) = (nil, nil)
            return
        }
        let entry = entries.first { $0.key == "weight" }
        let name = entry.map { Setting($0.value, path: setting.inside("weight"), at: $0.location) }
        if let name, case .scalar = name.node.content {
            weight = try InitializerConfiguration(
                named: name, options: setting, keys: ["weight", "bias"], isMatrix: true)
        } else {
            _ = try SettingMap(setting, keys: ["weight", "bias"], noun: "option")
            weight = try name.map { name throws(ConfigurationError) in
                try InitializerConfiguration(name, isMatrix: true)
            }
        }
        biasPlace = entries.first { $0.key == "bias" }.map {
            Setting($0.value, path: setting.inside("bias"), at: $0.location)
        }
        bias = try biasPlace.map { place throws(ConfigurationError) in
            try InitializerConfiguration(place, isMatrix: false)
        }
    }
}
