import Datasets

/// The setting `data.normalize`: a name, or a name with options.
enum NormalizeSetting {
    /// Reads "whiten" or {name: whiten, eps: 1e-5}.
    static func read(_ setting: Setting) throws(ConfigurationError) -> Normalization {
        var named = setting
        var map: SettingMap?
        if case .mapping = setting.node.content {
            let keys = try SettingMap(setting, keys: ["name", "range", "eps"])
            named = try keys.required("name", "one of \(Normalization.names.joined(separator: ", "))")
            map = keys
        }
        let name = try named.name(of: "normalization", among: Normalization.names)
        let options = name == "min_max" ? ["range"] : name == "whiten" ? ["eps"] : []
        if map != nil { map = try SettingMap(setting, keys: ["name"] + options, noun: "option of \(name)") }
        switch name {
        case "none": return .none
        case "min_max":
            guard let range = try map?["range"].map(range) else { return .minMax() }
            return .minMax(low: range.low, high: range.high)
        case "whiten":
            guard let eps = try map?["eps"]?.number("above 0 and at most 1", { $0 > 0 && $0 <= 1 }) else {
                return .whiten()
            }
            return .whiten(eps: eps)
        default: return .standardize
        }
    }

    /// The setting as YAML: plain names where options have their defaults' one meaning.
    static func yaml(_ normalization: Normalization) -> String {
        switch normalization {
        case .none, .standardize, .minMax(low: 0, high: 1): normalization.name
        case .minMax(let low, let high):
            "{name: min_max, range: [\(YAMLWriter.number(low)), \(YAMLWriter.number(high))]}"
        case .whiten(let eps): "{name: whiten, eps: \(YAMLWriter.number(eps))}"
        }
    }

    private static func range(_ setting: Setting) throws(ConfigurationError) -> (low: Double, high: Double) {
        let expected = "two numbers, the lower first, as [-1, 1]"
        let elements = try setting.list(expected)
        guard elements.count == 2 else { throw setting.error(.outOfRange, "must be \(expected)") }
        let low = try elements[0].number("a number from -1e6 to 1e6") { $0.magnitude <= 1e6 }
        let high = try elements[1].number("a number above \(YAMLWriter.number(low)), at most 1e6") {
            $0 > low && $0 <= 1e6
        }
        return (low, high)
    }
}
