import Options

/// The schemas of forms of values.
extension ConfigurationSchema {
    /// The schemas one of which a value of a form fits.
    func alternatives(_ form: OptionForm) -> [JSONValue] {
        switch form {
        case .whole(let range):
            let bounds = [
                range.lowerBound > .min ? JSONValue.Member("minimum", .whole(range.lowerBound)) : nil,
                .init("maximum", .whole(range.upperBound)),
            ]
            return [.object([.init("type", "integer")] + bounds.compactMap { $0 })]
        case .number(let allowed): return [Self.number(allowed)]
        case .numbers(let allowed, let count, _):
            let sizes = count.map {
                [JSONValue.Member("minItems", .whole($0)), .init("maxItems", .whole($0))]
            }
            return [.object([.init("type", "array"), .init("items", Self.number(allowed))] + (sizes ?? []))]
        case .flag: return [["type": "boolean"]]
        case .word(_, let words, let pattern): return Self.words(words, pattern)
        // An empty text is refused wherever one is read.
        case .text, .path: return [["type": "string", "minLength": 1]]
        case .list(let element, _, let isEmptyAllowed):
            let list: [JSONValue.Member] = [
                .init("type", "array"), .init("items", Self.any(alternatives(element))),
            ]
            return [.object(list + (isEmptyAllowed ? [] : [.init("minItems", 1)]))]
        case .options(let declared, _, let short): return alone(declared, short) + objects(declared)
        case .choice(let choice): return [Self.reference(to: choice)]
        case .kind(let kind, _): return table.kinds(kind).map { [Self.reference(to: $0)] } ?? []
        case .either(let forms, _): return forms.flatMap(alternatives)
        case .wordOr(let word, .word(_, let words, let pattern)): return Self.words([word] + words, pattern)
        case .wordOr(let word, let form): return [["const": .text(word)]] + alternatives(form)
        }
    }

    /// The ways to write a choice: its name alone if no option is required, or its name with options.
    ///
    /// - Parameter more: Keys that may stand beside the options.
    func alternatives(_ choice: ChoiceForm, more: [JSONValue.Member] = []) -> [JSONValue] {
        let words = choice.entries.filter { !$0.options.contains(where: \.isRequired) }.map { entry in
            JSONValue.object([.init("const", .text(entry.name)), Self.description(entry)])
        }
        switch choice.style {
        case .named(let key):
            return (choice.style.takesWords ? words : [])
                + choice.entries.flatMap { entry in
                    let name = JSONValue.Member(
                        key, .object([.init("const", .text(entry.name)), Self.description(entry)]))
                    return objects(entry.options, beside: [name], required: [key], more: more)
                }
        case .keyed:
            // All names are properties of one object, not alternatives: so a mistake in an option is found at its place.
            let values = choice.entries.map { entry in
                let written = alone(entry.options, entry.short) + objects(entry.options)
                let isBareAllowed = !entry.options.contains(where: \.isRequired)
                return JSONValue.Member(
                    entry.name,
                    Self.property(
                        isBareAllowed ? Self.orNull(written) : written, entry.summary, source: entry.source))
            }
            return words + [
                [
                    "type": "object", "properties": .object(values), "additionalProperties": false,
                    "minProperties": 1, "maxProperties": 1,
                ]
            ]
        }
    }

    /// The value of the option that may stand without its key, where no other is required.
    private func alone(_ declared: [OptionDeclaration], _ short: String?) -> [JSONValue] {
        guard let option = declared.first(where: { $0.name == short }),
            declared.allSatisfy({ !$0.isRequired || $0.name == short })
        else { return [] }
        return alternatives(option.form)
    }

    /// Options as keys with values: one schema and, for an option that picks a choice by its name, one more for each
    /// entry whose own options may stand beside it, as in {weight: orthogonal, gain: 2}.
    ///
    /// - Parameters:
    ///   - names: Keys that come first, such as that of a choice's name.
    ///   - required: Those of them that must be there.
    ///   - more: Keys that come last.
    private func objects(
        _ declared: [OptionDeclaration], beside names: [JSONValue.Member] = [], required: [String] = [],
        more: [JSONValue.Member] = []
    ) -> [JSONValue] {
        func object(
            _ options: [OptionDeclaration], _ names: [JSONValue.Member], _ required: [String]
        ) -> JSONValue {
            Self.closed(
                names + options.flatMap(properties) + more,
                required: required
                    + options.filter { $0.isRequired && $0.alias == nil }.map(\.name),
                rules: options.compactMap(Self.rule))
        }
        let plain = object(declared, names, required)
        guard let option = declared.first(where: \.isSpread), let choice = choice(option.form),
            case .named = choice.style
        else { return [plain] }
        let others = declared.filter { $0.name != option.name }
        let taken = declared.flatMap(\.names)
        return [plain]
            + choice.entries.filter { !$0.options.isEmpty }.map { entry in
                let name = JSONValue.Member(
                    option.name, .object([.init("const", .text(entry.name)), Self.description(entry)]))
                return object(
                    entry.options.filter { !taken.contains($0.name) } + others, names + [name],
                    required + [option.name])
            }
    }

    /// The property of an option, and that of its other name.
    private func properties(_ option: OptionDeclaration) -> [JSONValue.Member] {
        let written = alternatives(option.form)
        let values = option.isRequired ? written : Self.orNull(written)
        let standard = option.standard.flatMap {
            JSONValue(option.form.plain($0, kinds: table.kinds))
        }
        let own = JSONValue.Member(
            option.name, Self.property(values, option.summary, standard: standard))
        return [own]
            + (option.alias.map { [.init($0, Self.property(values, "Another name of \(option.name)."))] }
                ?? [])
    }

    /// That one of an option's two names is there if it is required, and never both; nil for an option with one name.
    private static func rule(_ option: OptionDeclaration) -> JSONValue? {
        guard let alias = option.alias else { return nil }
        let (name, other) = (JSONValue.text(option.name), JSONValue.text(alias))
        return option.isRequired
            ? ["oneOf": [["required": [name]], ["required": [other]]]] : ["not": ["required": [name, other]]]
    }

    /// The choice that a form picks from; nil if it is no choice.
    private func choice(_ form: OptionForm) -> ChoiceForm? {
        switch form {
        case .choice(let choice): choice
        case .kind(let kind, _): table.kinds(kind)
        default: nil
        }
    }
}

/// The parts of schemas.
extension ConfigurationSchema {
    /// An object that has no other keys than these and those that begin with "x-", which hold what aliases use.
    ///
    /// - Parameter rules: What must hold beside.
    static func closed(
        _ properties: [JSONValue.Member], required: [String], rules: [JSONValue] = []
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", "object"), .init("properties", .object(properties)),
            .init("patternProperties", .object([.init("^\(ConfigurationNode.freePrefix)", [:])])),
            .init("additionalProperties", false),
        ]
        if !required.isEmpty { members.append(.init("required", .list(required.map(JSONValue.text)))) }
        if !rules.isEmpty { members.append(.init("allOf", .list(rules))) }
        return .object(members)
    }

    /// The values of a key, with what it does, its source in parentheses, and its default.
    static func property(
        _ alternatives: [JSONValue], _ summary: String, source: String = "", standard: JSONValue? = nil
    ) -> JSONValue {
        let description = JSONValue.Member("description", .text(sourced(summary, source)))
        return .object(
            [description] + any(alternatives).members + (standard.map { [.init("default", $0)] } ?? []))
    }

    /// The schema that values of any of the alternatives fit.
    static func any(_ alternatives: [JSONValue]) -> JSONValue {
        alternatives.count == 1 ? alternatives[0] : ["anyOf": .list(alternatives)]
    }

    /// The alternatives, and null.
    static func orNull(_ alternatives: [JSONValue]) -> [JSONValue] {
        guard alternatives.count == 1, let first = alternatives[0].members.first, first.name == "type",
            // A rule about an object's keys holds, or fails, for what is no object too.
            !alternatives[0].members.contains(where: { $0.name == "allOf" })
        else { return alternatives + [["type": "null"]] }
        return [.object([.init("type", [first.value, "null"])] + alternatives[0].members.dropFirst())]
    }

    /// A number of a set, within the range of Float32: what lies closer to its largest number than half a unit of the
    /// last place is rounded to that.
    private static func number(_ allowed: AllowedNumbers) -> JSONValue {
        let bounds: [(name: String, bound: Double?)] = [
            ("minimum", allowed.minimum),
            (
                "exclusiveMinimum",
                allowed.exclusiveMinimum ?? (allowed.minimum == nil ? -beyondFloat : nil)
            ),
            ("maximum", allowed.maximum),
            ("exclusiveMaximum", allowed.exclusiveMaximum ?? (allowed.maximum == nil ? beyondFloat : nil)),
        ]
        return .object(
            [.init("type", "number")]
                + bounds.compactMap { limit in
                    limit.bound.map { JSONValue.Member(limit.name, .number($0)) }
                })
    }

    private static let beyondFloat =
        Double(Float.greatestFiniteMagnitude) + Double(Float.greatestFiniteMagnitude.ulp) / 2

    /// One of some words, or a word that a pattern matches as a whole.
    private static func words(_ words: [String], _ pattern: String?) -> [JSONValue] {
        let named: JSONValue = ["enum": .list(words.map(JSONValue.text))]
        return [named] + (pattern.map { [["type": "string", "pattern": .text("^(?:\($0))$")]] } ?? [])
    }

    private static func reference(to choice: ChoiceForm) -> JSONValue {
        ["$ref": .text("#/$defs/\(name(of: choice))")]
    }

    private static func description(_ entry: ChoiceForm.Entry) -> JSONValue.Member {
        .init("description", .text(sourced(entry.summary, entry.source)))
    }

    private static func sourced(_ summary: String, _ source: String) -> String {
        source.isEmpty ? summary : "\(summary) (\(source))"
    }
}
