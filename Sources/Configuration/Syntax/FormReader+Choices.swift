import Options

/// Reads choices and options.
extension FormReader {
    /// Reads a choice by its name.
    ///
    /// - Parameters:
    ///   - more: Keys that are allowed next to the options.
    ///   - standard: The name of the default choice.
    func choice(
        _ setting: Setting, _ choice: ChoiceForm, expected: String? = nil, more: [String] = [],
        standard: String? = nil
    ) throws(ConfigurationError) -> OptionValue {
        switch choice.style {
        case .named(let key): return try named(setting, choice, key: key, more: more, standard: standard)
        case .keyed: return try keyed(setting, choice, expected: expected)
        }
    }

    /// Reads "adam" or {name: adam, lr: 0.001}.
    private func named(
        _ setting: Setting, _ choice: ChoiceForm, key: String, more: [String], standard: String?
    ) throws(ConfigurationError) -> OptionValue {
        guard case .mapping(let entries) = setting.node.content else {
            guard choice.style.takesWords else {
                throw setting.wrongType(
                    expected:
                        "keys with values, of which \(key) is one of \(choice.names.joined(separator: ", "))",
                    advice: Self.file(setting, choice, key))
            }
            let name = try setting.name(of: choice.noun, among: choice.names)
            return .choice(name, try given(Self.nothing(beside: setting), choice, name))
        }
        guard let entry = entries.first(where: { $0.key == key }) else {
            // A key that no choice has is reported first.
            let all = choice.entries.flatMap { $0.options.flatMap(\.names) }
            for entry in entries where !(all + more).contains(entry.key) {
                guard let name = choice.names.first(where: { isSpelling($0, of: entry.key) }) else {
                    continue
                }
                throw ConfigurationError(
                    .unknownKey, at: entry.location, key: setting.inside(entry.key), "unknown option",
                    advice: "write \(key): \(name), with its options beside it")
            }
            _ = try SettingMap(
                setting, keys: [key] + Self.unique(all) + more,
                noun: choice.style.takesWords ? "option" : "key")
            throw setting.missingName(choice.names, key: key, standard: standard)
        }
        let name = try Setting(entry.value, path: setting.inside(key), at: entry.location)
            .name(of: choice.noun, among: choice.names)
        return .choice(name, try given(setting, choice, name, key: key, more: more))
    }

    /// What to write instead of a file whose ending is the name of a choice, as "t.csv"; nil for anything else.
    private static func file(_ setting: Setting, _ choice: ChoiceForm, _ key: String) -> String? {
        guard let word = setting.plainText, let ending = word.split(separator: ".").last.map(String.init),
            let option = choice.entry(ending.lowercased())?.options.first(where: \.isRequired)
        else { return nil }
        return "write {\(key): \(ending.lowercased()), \(option.name): \(word), ...}"
    }

    /// Reads "relu", {linear: {out: 10}} or {linear: 10}.
    private func keyed(
        _ setting: Setting, _ choice: ChoiceForm, expected: String?
    ) throws(ConfigurationError) -> OptionValue {
        let article = choice.noun.first.map { "aeiou".contains($0) } == true ? "an" : "a"
        let form = expected ?? "the name of \(article) \(choice.noun)"
        guard case .mapping(let entries) = setting.node.content else {
            let name = try known(setting.text(form), choice, setting)
            let none = Setting(Self.nothing(beside: setting).node, path: setting.inside(name))
            return .choice(name, try given(none, choice, name))
        }
        try refuseNames(entries, choice, setting, form)
        guard let entry = entries.first, entries.count == 1 else {
            let names = entries.map { ConfigurationError.quoted($0.key) }.prefix(6).joined(separator: ", ")
            throw setting.error(
                .wrongType, "expected \(form), found \(entries.isEmpty ? "no key" : "the keys \(names)")",
                advice: "indent the options of \(article) \(choice.noun) below its name")
        }
        let name = try known(entry.key, choice, setting)
        let isBare = entry.value.isBlank || entry.value.isNull
        let node =
            isBare ? ConfigurationNode(content: .mapping([]), location: entry.location) : entry.value
        let options = Setting(node, path: setting.inside(name), at: entry.location)
        return .choice(name, try given(options, choice, name))
    }

    /// Throws for the name of a choice that stands behind a key such as "type", with its options beside it.
    private func refuseNames(
        _ entries: [ConfigurationNode.Entry], _ choice: ChoiceForm, _ setting: Setting, _ form: String
    ) throws(ConfigurationError) {
        guard !entries.contains(where: { choice.names.contains($0.key) }),
            let named = entries.first(where: { sameName(as: $0.key, among: ["name"]) != nil }),
            let word = named.value.word, let name = sameName(as: word, among: choice.names)
        else { return }
        let others = entries.filter { $0.key != named.key }.map { "\($0.key): \($0.value.value)" }
        let options = others.isEmpty ? "" : ": {\(others.joined(separator: ", "))}"
        throw ConfigurationError(
            .wrongType, at: named.location, key: setting.path,
            "expected \(form), found the key \(ConfigurationError.quoted(named.key))",
            advice: "write \"- \(name)\(options)\"")
    }

    /// The name, if it is one of the choice's; throws with the name that was probably meant.
    private func known(
        _ name: String, _ choice: ChoiceForm, _ setting: Setting
    ) throws(ConfigurationError) -> String {
        guard choice.names.contains(name) else {
            throw setting.error(
                .unknownName, "unknown \(choice.noun) \(ConfigurationError.quoted(name))",
                advice: suggestion(for: name, among: choice.names, noun: "\(choice.noun)s"))
        }
        return name
    }

    /// The given options of a choice.
    ///
    /// - Parameters:
    ///   - key: The key of the choice's name, if it is among the options.
    ///   - more: Keys that are allowed next to the options.
    private func given(
        _ setting: Setting, _ choice: ChoiceForm, _ name: String, key: String? = nil, more: [String] = []
    ) throws(ConfigurationError) -> [NamedOption] {
        let entry = choice.entry(name)
        let declared = entry?.options ?? []
        let needed = declared.filter(\.isRequired).map(\.name)
        let noun =
            switch choice.style {
            case .keyed: "option"
            case .named where choice.style.takesWords: "option of \(name)"
            case .named(let key): "key of \(key) \(name)"
            }
        if case .mapping(let entries) = setting.node.content, let lacks = entry?.lacks {
            for given in entries where !more.contains(given.key) {
                guard let reason = lacks[given.key] else { continue }
                throw ConfigurationError(
                    .unknownKey, at: given.location, key: setting.inside(given.key), "must be left out",
                    advice: reason)
            }
        }
        if choice.noun == "layer", needed.isEmpty, entry?.short == nil, let word = setting.plainText,
            PlainNumber.isLike(word)
        {
            throw setting.wrongType(
                expected: "no number", advice: "write \"- \(name)\": input sizes are inferred")
        }
        return try options(
            setting, declared, short: entry?.short, key: key, more: more,
            expected: declared.isEmpty
                ? "no options"
                : needed.isEmpty ? "options" : "options, at least \(needed.joined(separator: " and "))",
            noun: noun)
    }

    /// The given options in the order of declaration, so that equal settings have equal values however they were
    /// written.
    ///
    /// - Parameters:
    ///   - declared: The options that may be given.
    ///   - short: The option whose value may stand alone, as 10 after `linear`; its errors then refer to `linear`.
    ///   - key: The key of a choice's name, if it is among the options.
    ///   - more: Keys that are allowed next to the options.
    ///   - expected: What the options are, for the error if something else was written.
    ///   - noun: What a key is called in errors.
    func options(
        _ setting: Setting, _ declared: [OptionDeclaration], short: String?, key: String? = nil,
        more: [String] = [], expected: String, noun: String
    ) throws(ConfigurationError) -> [NamedOption] {
        let isAlone = short != nil && setting.isValue
        let setting = try spread(setting, declared)
        let map = try SettingMap(
            isAlone ? Self.nothing(beside: setting.whole) : setting.whole,
            keys: (key.map { [$0] } ?? []) + declared.flatMap(\.names) + more, expected, noun: noun)
        var options: [NamedOption] = []
        for option in declared {
            let written =
                try option.alias.map { alias throws(ConfigurationError) in
                    try map.either(option.name, alias)
                } ?? map[option.name]
            if option.name == setting.option, let part = setting.part {
                options.append(NamedOption(option.name, part))
                continue
            }
            guard let found = isAlone && option.name == short ? setting.whole : written,
                option.isRequired || !found.node.isNull
            else {
                if option.isRequired { throw map.missing(option.name, option.phrase) }
                continue
            }
            options.append(NamedOption(option.name, try value(found, option.form)))
        }
        return options
    }

    /// Separates the options of a choice from the options around them: `{weight: orthogonal, gain: 2}` means `weight:
    /// {name: orthogonal, gain: 2}`, because `gain` belongs to orthogonal.
    ///
    /// - Returns: The setting without the choice's options; the option that picks the choice, and its value with them.
    ///   The latter two are nil if none of the choice's options is there.
    private func spread(
        _ setting: Setting, _ declared: [OptionDeclaration]
    ) throws(ConfigurationError) -> (whole: Setting, option: String?, part: OptionValue?) {
        guard case .mapping(let entries) = setting.node.content,
            let option = declared.first(where: \.isSpread), let choice = choice(option.form),
            case .named(let key) = choice.style,
            let name = entries.first(where: { $0.key == option.name }),
            let word = name.value.word, choice.names.contains(word)
        else { return (setting, nil, nil) }
        let names = declared.flatMap(\.names)
        let own = entries.filter { names.contains($0.key) }
        let inner = entries.filter { !names.contains($0.key) }
        guard !inner.isEmpty else { return (setting, nil, nil) }
        let entry = ConfigurationNode.Entry(key: key, location: name.location, value: name.value)
        func part(_ entries: [ConfigurationNode.Entry]) -> Setting {
            Setting(
                ConfigurationNode(content: .mapping(entries), location: setting.node.location),
                path: setting.path, at: setting.location)
        }
        return (part(own), option.name, try value(part([entry] + inner), .choice(choice)))
    }

    /// Empty options at the place of a setting.
    private static func nothing(beside setting: Setting) -> Setting {
        Setting(
            ConfigurationNode(content: .mapping([]), location: setting.node.location), path: setting.path,
            at: setting.location)
    }

    private static func unique(_ names: [String]) -> [String] {
        names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension OptionDeclaration {
    /// The name and, if there is one, the alias.
    var names: [String] { [name] + (alias.map { [$0] } ?? []) }
}
