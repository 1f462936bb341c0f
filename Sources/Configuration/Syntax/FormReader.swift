import Options

/// Reads the value of a form from what was written; errors say where it was written.
///
/// What each form looks like in YAML:
///
/// | form | written | value |
/// | --- | --- | --- |
/// | `.whole`, `.number`, `.flag` | `8`, `1.0e-3`, `true` | the number, or the truth value |
/// | `.numbers` | `[0.9, 0.999]` | `.numbers` |
/// | `.word`, `.text`, `.path` | `epoch`, `"007"`, `x.npy` | `.text`; a path is made absolute |
/// | `.list` | `[flip, {crop: 4}]` | `.list` of its elements' values |
/// | `.options` | `{norm: 5}`, or `5` where one option may stand alone | `.options` of those given, in the order of declaration |
/// | `.choice`, named | `adam`, `{name: adam, lr: 0.1}` | `.choice` of the name and the options given |
/// | `.choice`, keyed | `relu`, `{linear: {out: 10}}`, `linear: 10` | the same |
/// | `.kind` | as the choice of that kind in the vocabulary | the same |
/// | `.either` | as the first form whose shape it has | that form's value |
/// | `.wordOr` | the word, or as the other form | `.text` of the word, or the other's value |
///
/// Options that were not given are not filled in here: the user of the value knows its defaults.
struct FormReader {
    /// The list of choices of a kind, such as "layer"; nil for a kind that the vocabulary does not have.
    let kinds: (String) -> ChoiceForm?
    /// How paths become absolute; nil to leave them as they are.
    let paths: FilePaths?

    /// The value; throws if the text has another form, or the value is outside what is allowed.
    func value(_ setting: Setting, _ form: OptionForm) throws(ConfigurationError) -> OptionValue {
        switch form {
        case .whole(let range): return .whole(try setting.whole(in: range))
        case .number(let allowed): return .number(try setting.number(allowed))
        case .numbers(let allowed, let count, _): return .numbers(try numbers(setting, form, allowed, count))
        case .flag: return .flag(try setting.flag())
        case .word(let noun, let words, let pattern):
            if let word = setting.node.word, OptionForm.matches(word, pattern) { return .text(word) }
            return .text(try setting.name(of: noun, among: words))
        case .text(let phrase): return .text(try setting.text(phrase))
        case .path(let phrase):
            let path = try setting.path(phrase)
            return .text(paths?.absolute(path, writtenIn: setting.node.location.source) ?? path)
        case .list(let element, let phrase, let isEmptyAllowed):
            if case .mapping(let entries) = setting.node.content, let choice = withoutDashes(element, entries)
            {
                throw setting.wrongType(expected: phrase, advice: Self.dashes(choice))
            }
            var values: [OptionValue] = []
            for part in try setting.list(phrase) { values.append(try value(part, element)) }
            guard isEmptyAllowed || !values.isEmpty else {
                throw setting.error(.outOfRange, "must have at least one element")
            }
            return .list(values)
        case .options(let declared, let phrase, let short):
            return .options(try options(setting, declared, short: short, expected: phrase, noun: "key"))
        case .choice(let choice): return try self.choice(setting, choice)
        case .kind(let kind, let phrase):
            guard let choice = kinds(kind) else { throw setting.wrongType(expected: phrase) }
            return try self.choice(setting, choice, expected: phrase)
        case .either(let forms, let phrase): return try either(setting, forms, phrase)
        case .wordOr(let word, .word(let noun, let words, let pattern)):
            return try value(setting, .word(noun, [word] + words, pattern: pattern))
        case .wordOr(let word, let other):
            if setting.node.word == word { return .text(word) }
            do throws(ConfigurationError) {
                return try value(setting, other)
            } catch {
                // Another word than those that may stand for the number; one that begins with a digit has a unit or so.
                guard error.kind == .wrongType, other.mayBeNumber, let text = setting.plainText,
                    text.first?.isNumber == false
                else { throw error }
                throw setting.wrongType(expected: form.phrase)
            }
        }
    }

    /// The numbers of a list, whose count must be `count` unless that is nil.
    private func numbers(
        _ setting: Setting, _ form: OptionForm, _ allowed: AllowedNumbers, _ count: Int?
    ) throws(ConfigurationError) -> [Double] {
        let elements = try setting.list(form.phrase, takesOne: count ?? 1 == 1)
        var numbers: [Double] = []
        for element in elements { numbers.append(try element.number(allowed)) }
        if let count, numbers.count != count {
            throw setting.error(.wrongType, "expected \(form.phrase), found \(setting.node.value)")
        }
        return numbers
    }

    /// The value of the first of several forms that fits the text's shape.
    ///
    /// Only the shape decides, so that an error is about the form that was meant and not about the last one tried. A
    /// list goes to a form of lists. Keys with values go to a choice if its key for the name is there, else to options.
    /// What looks like a number goes to a form of numbers if there is one, and every other word goes to a form of
    /// words.
    private func either(
        _ setting: Setting, _ forms: [OptionForm], _ phrase: String
    ) throws(ConfigurationError) -> OptionValue {
        switch setting.node.content {
        case .sequence:
            for form in forms {
                switch form {
                case .list, .numbers: return try value(setting, form)
                default: continue
                }
            }
        case .mapping(let entries):
            for case .list(let element, _, _) in forms where !hasName(entries, forms) {
                guard let choice = withoutDashes(element, entries) else { continue }
                throw setting.wrongType(expected: phrase, advice: Self.dashes(choice))
            }
            let takers = forms.filter { form in
                switch form {
                case .options: true
                case .choice(let choice): isWritten(choice, entries)
                case .kind(let kind, _): kinds(kind).map { isWritten($0, entries) } ?? false
                default: false
                }
            }
            let last = forms.last { form in
                switch form {
                case .options, .choice, .kind: true
                default: false
                }
            }
            if let form = takers.first(where: { if case .options = $0 { false } else { true } }) {
                try refuseKeys(ofOthersThan: form, forms, entries, setting)
                return try value(setting, form)
            }
            if let form = takers.first ?? last { return try value(setting, form) }
        case .scalar where setting.node.isNull || setting.node.isBlank: break
        case .scalar(let text, let isQuoted):
            let isNumber = !isQuoted && PlainNumber.isLike(text)
            for form in forms {
                switch form {
                case .whole, .number:
                    if isNumber { return try value(setting, form) }
                case .list, .numbers: continue
                case .options(_, _, short: nil): continue
                case .choice(let choice) where !choice.style.takesWords: continue
                default:
                    if !isNumber || !forms.contains(where: \.isNumeric) { return try value(setting, form) }
                }
            }
        }
        throw setting.wrongType(
            expected: phrase,
            advice: forms.contains(where: \.isNumeric) ? setting.numberInstead : Self.keyed(setting, forms))
    }

    /// What to write instead of a lone number if one of the forms has a single key that must be given; nil for anything
    /// else.
    private static func keyed(_ setting: Setting, _ forms: [OptionForm]) -> String? {
        guard let word = setting.plainText, PlainNumber.isLike(word) else { return nil }
        for case .options(let declared, _, _) in forms {
            let needed = declared.filter(\.isRequired)
            if needed.count == 1 { return "write {\(needed[0].name): \(word)}" }
        }
        return nil
    }

    /// The choice whose entries should have been elements of a list, if they were written as keys without dashes; nil
    /// if no key is the name of such an entry.
    private func withoutDashes(_ element: OptionForm, _ entries: [ConfigurationNode.Entry]) -> ChoiceForm? {
        guard let choice = choice(element), choice.style == .keyed,
            entries.contains(where: { choice.names.contains($0.key) })
        else { return nil }
        return choice
    }

    /// The advice for a list without dashes.
    private static func dashes(_ choice: ChoiceForm) -> String {
        "put \"- \" in front of every \(choice.noun)"
    }

    /// The choice that a form picks from; nil if it is no choice.
    func choice(_ form: OptionForm) -> ChoiceForm? {
        switch form {
        case .choice(let choice): choice
        case .kind(let kind, _): kinds(kind)
        default: nil
        }
    }

    /// Whether one of the keys is the key for the name of a choice among the forms.
    private func hasName(_ entries: [ConfigurationNode.Entry], _ forms: [OptionForm]) -> Bool {
        forms.contains { form in
            guard let choice = choice(form), case .named = choice.style else { return false }
            return isWritten(choice, entries)
        }
    }

    /// Throws for a key that belongs to another form than `form`, whose key for a name is there.
    private func refuseKeys(
        ofOthersThan form: OptionForm, _ forms: [OptionForm], _ entries: [ConfigurationNode.Entry],
        _ setting: Setting
    ) throws(ConfigurationError) {
        guard let choice = choice(form), case .named(let key) = choice.style else { return }
        let own = choice.entries.flatMap { $0.options.flatMap(\.names) }
        for case .options(let declared, _, _) in forms {
            let others = declared.flatMap(\.names).filter { !own.contains($0) }
            guard let entry = entries.first(where: { others.contains($0.key) }) else { continue }
            throw ConfigurationError(
                .conflict, at: entry.value.location, key: setting.inside(entry.key),
                "must be left out beside \(key)")
        }
    }

    /// Whether the keys are those of a choice.
    private func isWritten(_ choice: ChoiceForm, _ entries: [ConfigurationNode.Entry]) -> Bool {
        switch choice.style {
        case .named(let key): entries.contains { $0.key == key }
        case .keyed: true
        }
    }
}

extension OptionForm {
    /// Whether its values are single numbers.
    fileprivate var isNumeric: Bool {
        switch self {
        case .whole, .number: true
        default: false
        }
    }

    /// Whether this is a number, or a word instead of one.
    fileprivate var mayBeNumber: Bool {
        switch self {
        case .wordOr(_, let form): form.mayBeNumber
        default: isNumeric
        }
    }
}
