import Datasets
import Messages
import Optimizers

/// A section that picks something by name and fills it with options: "adam", or {name: adam, lr: 0.001}.
struct NamedOptions {
    /// The name.
    let name: String
    /// The options that were given.
    let options: [String: OptionValue]
    private let setting: Setting
    private let map: SettingMap?

    /// Reads the section of a `noun`; its name must be one of `names`, its options those that `optionNames` says, and
    /// beside them those named `common`. Without a section it is `standard`.
    init(
        _ setting: Setting, noun: String, names: [String],
        optionNames: (String) throws(OptimizerError) -> [String], common: [String] = [], standard: String
    ) throws(ConfigurationError) {
        self.setting = setting
        guard case .mapping(let entries) = setting.node.content else {
            name = try setting.name(of: noun, among: names)
            options = [:]
            map = nil
            return
        }
        guard let entry = entries.first(where: { $0.key == "name" }) else {
            // A key that nothing has matters more.
            let options = ConfigurationKeys.options(of: names, optionNames)
            _ = try SettingMap(setting, keys: ["name"] + options + common, noun: "option")
            throw setting.missingName(names, standard: standard)
        }
        let nameSetting = Setting(entry.value, path: setting.inside("name"), at: entry.location)
        let name = try nameSetting.name(of: noun, among: names)
        let allowed: [String]
        do { allowed = try optionNames(name) } catch {
            throw nameSetting.error(.unknownName, error.description)
        }
        let map = try SettingMap(setting, keys: ["name"] + allowed + common, noun: "option of \(name)")
        var options: [String: OptionValue] = [:]
        for key in allowed {
            if let value = map[key] { options[key] = try Self.value(value) }
        }
        self.name = name
        self.options = options
        self.map = map
    }

    /// An option that all names have in common, if it was given.
    func common(_ key: String) -> Setting? { map?[key] }

    /// The error of making the thing, at the option it is about.
    func configurationError(_ error: OptimizerError) -> ConfigurationError {
        let kind: ConfigurationError.Kind =
            switch error.kind {
            case .unknownName: .unknownName
            case .unknownOption: .unknownKey
            case .missingOption: .missing
            case .wrongType: .wrongType
            case .outOfRange: .outOfRange
            case .conflict: .conflict
            }
        // The options of an option, as momentum.values, are where it is.
        let option = String(error.key.prefix { $0 != "." })
        let place = map?[option]?.node.location ?? setting.location
        let problem =
            switch error.kind {
            case .missingOption: "missing; it must be \(error.allowed)"
            case .wrongType: "expected \(error.allowed), found \(quoted(option) ?? error.value)"
            default: "must be \(error.allowed), is \(error.value)"
            }
        let meant = error.kind == .outOfRange ? nearestName(to: error.value, among: error.candidates) : nil
        let instead = error.kind == .wrongType ? map?[option]?.instead(of: error.allowed) : nil
        return ConfigurationError(
            kind, at: place, key: setting.inside(error.key), problem,
            advice: meant.map { "did you mean \"\($0)\"?" } ?? instead)
    }

    /// An option that was written in quotation marks, which is no number whatever it looks like; nil for another.
    private func quoted(_ option: String) -> String? {
        guard let node = map?[option]?.node, case .scalar(_, isQuoted: true) = node.content else {
            return nil
        }
        return node.phrase
    }

    /// "{name: adam, lr: 0.001, ...}" as YAML, with `more` behind the options as YAML already.
    static func yaml(
        name: String, options: [NamedOption], more: [(key: String, value: String)] = []
    ) -> String {
        let pairs = options.map { option in
            switch option.value {
            case .number(let number): (key: option.name, value: YAMLWriter.number(number))
            case .numbers(let numbers):
                (key: option.name, value: "[" + numbers.map(YAMLWriter.number).joined(separator: ", ") + "]")
            case .flag(let flag): (key: option.name, value: "\(flag)")
            case .text(let text): (key: option.name, value: YAMLWriter.string(text))
            }
        }
        return YAMLWriter.flow([(key: "name", value: name)] + pairs + more)
    }

    private static func value(_ setting: Setting) throws(ConfigurationError) -> OptionValue {
        if case .sequence = setting.node.content {
            var numbers: [Double] = []
            for element in try setting.list("a list of numbers") {
                numbers.append(try element.number("a number") { _ in true })
            }
            return .numbers(numbers)
        }
        if let flag = setting.flagIfAny { return .flag(flag) }
        if let text = setting.plainText, PlainNumber.isLike(text) {
            return .number(try setting.number("a number") { _ in true })
        }
        return .text(try setting.text("a number or a word"))
    }
}
