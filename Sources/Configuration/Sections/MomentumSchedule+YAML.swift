import Optimizers

/// `schedule.momentum`: {values: [0.5, 0.9, 0.99], epochs: [0, 5, 20]}, or {from: 0.5, to: 0.99, epochs: 10}.
extension MomentumSchedule {
    /// The key inside the section `schedule`.
    static let key = "momentum"

    /// Reads the setting, of which `null` is none; values are checked when a schedule is made of it.
    init?(ifAny setting: Setting) throws(ConfigurationError) {
        if setting.node.isNull { return nil }
        let example = "{values: [0.5, 0.9], epochs: [0, 5]} or {from: 0.5, to: 0.9, epochs: 5}"
        guard case .mapping = setting.node.content else { throw setting.wrongType(expected: example) }
        let map = try SettingMap(setting, keys: ["values", "from", "to", "epochs"])
        let epochs = try map.required("epochs", "the epochs of the values, or how many the change takes")
        if let values = map["values"] {
            for key in ["from", "to"] {
                if let other = map[key] { throw other.error(.conflict, "must be left out beside values") }
            }
            self = .piecewise(values: try Self.numbers(values), epochs: try Self.numbers(epochs))
            return
        }
        func number(_ key: String) throws(ConfigurationError) -> Double {
            try map.required(key, "a number, as in \(example)").number("a number") { _ in true }
        }
        self = .linear(from: try number("from"), to: try number("to"), epochs: try number("epochs"))
    }

    /// The setting as YAML.
    var yaml: String {
        func list(_ numbers: [Double]) -> String {
            "[" + numbers.map(YAMLWriter.number).joined(separator: ", ") + "]"
        }
        switch self {
        case .piecewise(let values, let epochs):
            return YAMLWriter.flow([("values", list(values)), ("epochs", list(epochs))])
        case .linear(let start, let end, let epochs):
            return YAMLWriter.flow([
                ("from", YAMLWriter.number(start)), ("to", YAMLWriter.number(end)),
                ("epochs", YAMLWriter.number(epochs)),
            ])
        }
    }

    private static func numbers(_ setting: Setting) throws(ConfigurationError) -> [Double] {
        var numbers: [Double] = []
        for element in try setting.list("a list of numbers") {
            numbers.append(try element.number("a number") { _ in true })
        }
        return numbers
    }
}
