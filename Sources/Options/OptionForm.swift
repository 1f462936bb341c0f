import Messages

/// The values that an option may have: what a reader accepts, a writer writes and the reference of all options lists.
public indirect enum OptionForm: Sendable {
    /// A whole number within a range.
    case whole(ClosedRange<Int>)
    /// A number of a set.
    case number(AllowedNumbers)
    /// A list of numbers, of this length if `count` is given; a phrase describes it if there is more to say.
    case numbers(AllowedNumbers, count: Int?, _ phrase: String = "")
    /// true or false.
    case flag
    /// One of some words, where the first argument says what they name, or a word that a regular expression matches as
    /// a whole.
    case word(String, [String], pattern: String? = nil)
    /// A text, described by a phrase.
    case text(String)
    /// The path of a file or folder, described by a phrase.
    case path(String)
    /// A list of values of one form, described by a phrase; empty only if `isEmptyAllowed`.
    case list(OptionForm, String, isEmptyAllowed: Bool = false)
    /// Keys with values, described by a phrase; `short` names the key whose value may stand alone.
    case options([OptionDeclaration], String, short: String? = nil)
    /// A choice, picked by its name, with its own options.
    case choice(ChoiceForm)
    /// The first of several forms that fits the shape of the value; the phrase is for the error if none fits.
    case either([OptionForm], String)
    /// A word that stands for nil, such as "full", or a value of another form.
    case wordOr(String, OptionForm)
    /// A choice from the list that a vocabulary has for this kind, such as "layer"; described by a phrase.
    case kind(String, String)

    /// The form of all values of the same sort as `value`.
    static func like(_ value: OptionValue) -> OptionForm {
        switch value {
        case .number: .number(.all)
        case .whole: .whole(.min ... .max)
        case .numbers(let numbers): .numbers(.all, count: numbers.isEmpty ? nil : numbers.count)
        case .flag: .flag
        case .text: .text("a word")
        case .none, .list, .options, .choice:
            preconditionFailure("the form of \(value) is not said by an example")
        }
    }

    /// What a value must be, as a phrase that fits after "expected" or "must be".
    public var phrase: String {
        switch self {
        case .whole(let range): Self.phrase(range)
        case .number: "a number"
        case .numbers(_, let count, ""):
            count.map { "a list of \(counted($0, "number"))" } ?? "a list of numbers"
        case .numbers(_, _, let phrase): phrase
        case .flag: "true or false"
        case .word(_, let words, _): "one of \(words.joined(separator: ", "))"
        case .text(let phrase), .path(let phrase), .list(_, let phrase, _), .options(_, let phrase, _),
            .either(_, let phrase), .kind(_, let phrase):
            phrase
        case .choice(let choice): "one of \(choice.names.joined(separator: ", "))"
        case .wordOr(let word, let form): "\(word), or \(form.phrase)"
        }
    }

    /// Whether `pattern` matches the whole word; false without a pattern.
    public static func matches(_ word: String, _ pattern: String?) -> Bool {
        guard let pattern, let expression = try? Regex(pattern) else { return false }
        return word.wholeMatch(of: expression) != nil
    }

    /// "a whole number from 1 to 10", "a whole number, at least 0".
    public static func phrase(_ range: ClosedRange<Int>) -> String {
        if range == .min ... .max { return "a whole number" }
        return range.upperBound == .max
            ? "a whole number, at least \(range.lowerBound)"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    /// Whether a value is of this sort, even if beyond its limits.
    public func isSort(of value: OptionValue) -> Bool {
        switch (self, value) {
        case (.whole, .number), (.whole, .whole), (.number, .number), (.flag, .flag), (.text, .text),
            (.path, .text), (.word, .text), (.options, .options):
            true
        case (.numbers(_, let count, _), .numbers(let numbers)):
            count.map { $0 == numbers.count } ?? true
        case (.list(let form, _, _), .list(let elements)): elements.allSatisfy(form.isSort)
        case (.list(let form, _, _), .numbers(let numbers)):
            numbers.allSatisfy { form.isSort(of: .number($0)) }
        case (.choice, .choice): true
        case (.choice(let choice), .text(let name)): choice.names.contains(name)
        case (.either(let forms, _), _): forms.contains { $0.isSort(of: value) }
        case (.wordOr(let word, let form), _): value == .text(word) || form.isSort(of: value)
        case (.kind, .choice), (.kind, .text): true
        default: false
        }
    }

    /// Throws unless a value of this sort keeps the limits of the form; `key` names it in the error.
    public func check(_ value: OptionValue, key: String) throws(OptionError) {
        switch (self, value) {
        case (.whole(let range), .number(let number)):
            guard let whole = Int(exactly: number), range.contains(whole) else {
                throw OptionError(.outOfRange, key: key, value: value.description, allowed: phrase)
            }
        case (.whole(let range), .whole(let number)):
            guard range.contains(number) else {
                throw OptionError(.outOfRange, key: key, value: value.description, allowed: phrase)
            }
        // Whoever uses the option checks the numbers of `all` itself.
        case (.number(let allowed), .number(let number)):
            if allowed != .all { try allowed.check(number, key: key) }
        case (.numbers(let allowed, _, _), .numbers(let numbers)):
            guard allowed == .all || numbers.allSatisfy(allowed.contains) else {
                throw OptionError(
                    .outOfRange, key: key, value: value.description, allowed: allowed.phrase)
            }
        case (.word(_, let words, let pattern), .text(let word)):
            guard words.contains(word) || Self.matches(word, pattern) else {
                throw OptionError(
                    .outOfRange, key: key, value: word, allowed: phrase, candidates: words)
            }
        case (.list(let form, _, _), .list(let elements)):
            for (place, element) in elements.enumerated() { try form.check(element, key: "\(key).\(place)") }
        case (.either(let forms, _), _):
            try forms.first { $0.isSort(of: value) }?.check(value, key: key)
        case (.wordOr(let word, let form), _): if value != .text(word) { try form.check(value, key: key) }
        default: break
        }
    }

    /// A value as a file has it, with each choice as keys with values, "{name: adam, lr: 0.001}" or "{linear: {out:
    /// 10}}", or as a name alone if it has no options.
    ///
    /// - Parameter kinds: The list of choices of a kind; nil for an unknown kind.
    public func plain(_ value: OptionValue, kinds: (String) -> ChoiceForm?) -> OptionValue {
        func plain(_ options: [NamedOption], _ declared: [OptionDeclaration]) -> [NamedOption] {
            options.filter { $0.value != .none }.map { option in
                let form = declared.first { $0.name == option.name }?.form
                return NamedOption(option.name, form?.plain(option.value, kinds: kinds) ?? option.value)
            }
        }
        switch (self, value) {
        case (.choice(let choice), .choice(let name, let options)):
            let declared = choice.options(of: name)
            let options = plain(options, declared)
            guard !options.isEmpty else { return .text(name) }
            switch choice.style {
            case .named(let key): return .options([NamedOption(key, .text(name))] + options)
            case .keyed: return .options([NamedOption(name, .options(options))])
            }
        case (.kind(let kind, _), .choice):
            return kinds(kind).map { OptionForm.choice($0).plain(value, kinds: kinds) } ?? value
        case (.list(let form, _, _), .list(let elements)):
            return .list(elements.map { form.plain($0, kinds: kinds) })
        case (.options(let declared, _, _), .options(let options)): return .options(plain(options, declared))
        case (.either(let forms, _), _):
            return forms.first { $0.isSort(of: value) }?.plain(value, kinds: kinds) ?? value
        case (.wordOr(let word, let form), _):
            return value == .text(word) ? value : form.plain(value, kinds: kinds)
        default: return value
        }
    }
}

extension OptionForm {
    /// A value of plain keys in canonical form, without options that are at their default. Two values mean the same if
    /// their results are equal, even if one was written before an option existed.
    ///
    /// - Parameter kinds: The list of choices of a kind; nil for an unknown kind.
    public func essential(_ value: OptionValue, kinds: (String) -> ChoiceForm?) -> OptionValue {
        func essential(_ options: [NamedOption], _ declared: [OptionDeclaration]) -> [NamedOption] {
            options.compactMap { option in
                guard let declaration = declared.first(where: { $0.name == option.name }) else {
                    return option
                }
                let form = declaration.form
                let value = form.essential(option.value, kinds: kinds)
                let standard = declaration.standard.map {
                    form.essential(form.plain($0, kinds: kinds), kinds: kinds)
                }
                return value == standard || value == OptionValue.none ? nil : NamedOption(option.name, value)
            }
        }
        switch (self, value) {
        case (.choice(let choice), .options(let options)):
            switch choice.style {
            case .named(let key):
                guard case .text(let name)? = options[key] else { return value.canonical }
                let declared = choice.options(of: name)
                let rest = essential(options.filter { $0.name != key }, declared)
                return OptionValue.choice(name, rest).canonical
            case .keyed:
                guard let option = options.first, options.count == 1, case .options(let inner) = option.value
                else { return value.canonical }
                let declared = choice.options(of: option.name)
                return OptionValue.choice(option.name, essential(inner, declared)).canonical
            }
        case (.choice, .text(let name)): return .choice(name, [])
        case (.kind(let kind, _), _):
            return kinds(kind).map { OptionForm.choice($0).essential(value, kinds: kinds) } ?? value.canonical
        case (.list(let form, _, _), .list(let elements)):
            return .list(elements.map { form.essential($0, kinds: kinds) })
        case (.options(let declared, _, _), .options(let options)):
            return OptionValue.options(essential(options, declared)).canonical
        case (.either(let forms, _), _):
            let form = forms.first { form in
                switch (form, value) {
                case (.list, .list), (.numbers, .list), (.options, .options), (.choice, .options),
                    (.kind, .options), (.kind, .text), (.choice, .text):
                    true
                default: false
                }
            }
            return form?.essential(value, kinds: kinds) ?? value.canonical
        case (.wordOr(let word, let form), _):
            return value == .text(word) ? value : form.essential(value, kinds: kinds)
        default: return value.canonical
        }
    }
}
