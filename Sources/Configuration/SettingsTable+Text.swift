import Options
import Training

extension SettingsTable {
    /// The meaning of a lone value after each key that accepts one, by the key's last name: `optimizer: adam` is the
    /// name of a choice, `clip: 5` the option of `clip` whose value may stand alone, and `linear: 10` that of a layer.
    var shortForms: ShortForms {
        var shorts = ShortForms(options: [:], names: ["model": "name"])
        func add(_ choice: ChoiceForm) {
            guard case .keyed = choice.style else { return }
            for entry in choice.entries { shorts.options[entry.name] = entry.short }
        }
        for key in keys {
            let word = key.name.isEmpty ? key.section : key.name
            switch key.form {
            case .choice(let choice):
                if case .named(let name) = choice.style, choice.style.takesWords { shorts.names[word] = name }
            case .options(_, _, let short): shorts.options[word] = short
            case .list(.choice(let choice), _, _): add(choice)
            default: break
            }
        }
        add(vocabulary.layers.form)
        return shorts
    }

    /// The name of the default choice; nil for a key without one.
    func standardName(of key: SettingKey) -> String? {
        guard let standard = try? Self.defaults else { return nil }
        return ChoiceForm.parts(key.value(standard))?.name
    }
}

extension SettingKey {
    var isChoice: Bool { if case .choice = form { true } else { false } }
}

extension ConfigurationNode {
    var keys: [String] { if case .mapping(let entries) = content { entries.map(\.key) } else { [] } }
}
