import Options

/// A piece of configuration with its key path, before it gets a type; every method that reads it throws for another
/// type.
///
/// The methods are named after the expected type: `whole(in:)`, `number`, `flag`, `text`, `path`, `list`. Messages say
/// first what was expected and then what was found: "expected ..., found ..." for another type, "must be ..., is ..."
/// for a value of the right type.
struct Setting {
    let node: ConfigurationNode
    /// The key path, such as "training.batch" or "model.3.conv2d.out"; empty for the whole.
    let path: String
    /// Where the key was written, or the value if there is no key.
    let location: SourceLocation

    init(_ node: ConfigurationNode, path: String, at location: SourceLocation? = nil) {
        self.node = node
        self.path = path
        self.location = location ?? node.location
    }

    func error(_ kind: ConfigurationError.Kind, _ problem: String, advice: String? = nil)
        -> ConfigurationError
    {
        ConfigurationError(kind, at: node.location, key: path, problem, advice: advice)
    }

    /// "expected …, found …".
    func wrongType(expected: String, advice: String? = nil) -> ConfigurationError {
        // An empty value is reported at its key, because its line may be a later one.
        let place = node.isBlank ? location : node.location
        return ConfigurationError(
            .wrongType, at: place, key: path, "expected \(expected), found \(node.phrase)",
            advice: advice ?? variableAdvice ?? plainText.flatMap(ForeignNames.instead))
    }

    /// "must be …, is …".
    func outOfRange(_ allowed: String) -> ConfigurationError {
        error(.outOfRange, "must be \(allowed), is \(node.value)")
    }

    /// Reads a whole number in `range`.
    func whole(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        let expected = "a whole number"
        let number = try plainNumber(expected: expected)
        guard let whole = number.whole else {
            if number.isWhole { throw outOfRange(OptionForm.phrase(range)) }
            let same = Int(exactly: number.value)
            throw wrongType(expected: expected, advice: same.map { "write \($0)" })
        }
        guard range.contains(whole) else { throw outOfRange(OptionForm.phrase(range)) }
        return whole
    }

    /// Reads a number of a set.
    func number(_ allowed: AllowedNumbers) throws(ConfigurationError) -> Double {
        // Phrases such as "a number of seconds from 0 to 100" say the unit.
        let value = try plainNumber(
            expected: allowed.phrase.hasPrefix("a number of ") ? allowed.phrase : "a number"
        ).value
        guard allowed.contains(value) else {
            let isPercentage = (10...100).contains(value) && allowed.contains(value / 100)
            throw error(
                .outOfRange, "must be \(allowed.phrase), is \(node.value)",
                advice: isPercentage ? "write \(value / 100) for \(node.value) percent" : nil)
        }
        return value
    }

    /// Reads true or false.
    func flag() throws(ConfigurationError) -> Bool {
        guard let flag = flagIfAny else {
            throw wrongType(expected: "true or false", advice: flagInstead)
        }
        return flag
    }

    /// The truth value to write for a word that other versions of YAML take for one; nil for other words.
    var flagInstead: String? {
        switch plainText?.lowercased() {
        case "yes", "on", "y": "write true"
        case "no", "off", "n": "write false"
        default: nil
        }
    }

    /// Reads a text, which may look like a number, truth value or null only in quotation marks; never empty.
    func text(_ expected: String) throws(ConfigurationError) -> String {
        guard case .scalar(let text, let isQuoted) = node.content, !text.isEmpty else {
            throw wrongType(expected: expected)
        }
        if !isQuoted, node.isNull || flagIfAny != nil || PlainNumber.isLike(text) {
            throw wrongType(expected: expected, advice: "put it in quotation marks if it is meant")
        }
        // The operating system would silently cut a path at a NUL.
        if text.unicodeScalars.contains("\0") { throw wrongType(expected: expected) }
        return text
    }

    /// Reads a path; one that starts with "~/" starts in the home folder.
    func path(_ expected: String) throws(ConfigurationError) -> String {
        let path = try text(expected)
        if let advice = variableAdvice {
            throw error(.wrongType, "expected \(expected), found \(node.phrase)", advice: advice)
        }
        return FilePaths.withHome(path)
    }

    /// What to write instead of a variable; nil if none was written.
    private var variableAdvice: String? {
        // The fast check first: most words have no variable, and matching the pattern takes longer than all other
        // reading.
        guard let word = node.word, word.utf8.contains(UInt8(ascii: "$")),
            word.contains(/\$\{[A-Za-z_][^{}]*\}|^\$[A-Za-z_]\w*/)
        else { return nil }
        if case .flag(let flag, _) = node.location.source {
            // A shell would have replaced the variable outside single quotes.
            let value = flag == "--set" && !path.isEmpty ? "\(path)=\(word)" : word
            let isWhole = !word.contains("\"") && (flag != "--data" || path.isEmpty)
            return
                "variables are not replaced here, and by the shell not in single quotes: use double quotes"
                + (isWhole ? ", \(flag) \"\(value)\"" : "")
        }
        let way = path.isEmpty || word.contains("\"") ? "" : ", or give it with --set \"\(path)=\(word)\""
        return "variables are not replaced: write the value itself\(way)"
    }

    /// The error for options without the name of their choice, which would otherwise be `standard`, if that is not nil.
    func missingName(_ names: [String], key name: String = "name", standard: String?) -> ConfigurationError {
        let key = inside(name)
        let isFlag = if case .flag = node.location.source { true } else { false }
        return ConfigurationError(
            .missing, at: location, key: key, "missing; it must be one of \(names.joined(separator: ", "))",
            advice: standard.map {
                "for what it is unless given, "
                    + (isFlag ? "add --set \(key)=\($0)" : "write \(name): \($0)")
            })
    }

    /// Throws if a key is there that belongs to another sort of text, unless the key `own` of this sort is there, too.
    func refuse(_ key: String, besides own: String, _ advice: String) throws(ConfigurationError) {
        guard case .mapping(let entries) = node.content, !entries.contains(where: { $0.key == own }),
            let entry = entries.first(where: { $0.key == key })
        else { return }
        throw ConfigurationError(
            .unknownKey, at: entry.location, key: key, "unknown key", advice: advice)
    }

    /// Reads one of `names`; `noun` says what they name.
    func name(of noun: String, among names: [String]) throws(ConfigurationError) -> String {
        let expected = "the name of \(noun.first.map { "aeiou".contains($0) } == true ? "an" : "a") \(noun)"
        if let word = plainText, !word.isEmpty, node.isNull || flagIfAny != nil || PlainNumber.isLike(word) {
            throw wrongType(expected: expected, advice: suggestion(for: word, among: names, noun: "names"))
        }
        let word = try text(expected)
        guard names.contains(word) else {
            throw error(
                .unknownName, "unknown \(noun) \(ConfigurationError.quoted(word))",
                advice: suggestion(for: word, among: names, noun: "names"))
        }
        return word
    }

    /// Reads a case of an enumeration, by its raw value.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ noun: String, _: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        let word = try name(of: noun, among: Choice.allCases.map(\.rawValue))
        guard let choice = Choice(rawValue: word) else {
            preconditionFailure("\(Choice.self) has no case \(word), which is among its raw values")
        }
        return choice
    }

    /// Reads the elements of a list.
    func list(_ expected: String) throws(ConfigurationError) -> [Setting] {
        guard case .sequence(let nodes) = node.content else {
            let isElement = node.word != nil && !node.isBlank && !node.isNull && flagIfAny == nil
            throw wrongType(
                expected: expected, advice: isElement ? "write [\(plainText ?? node.value)]" : nil)
        }
        return nodes.enumerated().map { Setting($1, path: inside(String($0))) }
    }

    /// The key path of a part of this setting.
    func inside(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The truth value that was written; nil for anything else.
    var flagIfAny: Bool? {
        switch plainText {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// The text of a scalar without quotation marks; nil for anything else.
    var plainText: String? {
        if case .scalar(let text, isQuoted: false) = node.content { text } else { nil }
    }

    /// Reads a number of any kind; for an ambiguous one the error says what to write.
    private func plainNumber(expected: String) throws(ConfigurationError) -> PlainNumber {
        guard let text = plainText else { throw wrongType(expected: expected, advice: numberInstead) }
        do {
            return try PlainNumber(text)
        } catch {
            switch error {
            case .none: throw wrongType(expected: expected)
            case .refused(let advice): throw wrongType(expected: expected, advice: advice)
            }
        }
    }

    /// What to write if one number is wanted but several, or keys, were given; nil for anything else.
    var numberInstead: String? {
        switch node.content {
        case .scalar(let text, let isQuoted):
            return isQuoted && PlainNumber.isLike(text) ? "write \(text), without quotation marks" : nil
        case .sequence(let nodes):
            guard nodes.count == 1, case .scalar(let text, isQuoted: false) = nodes[0].content,
                PlainNumber.isLike(text)
            else { return "it takes one number, not \(node.value)" }
            return "write \(text), without brackets"
        case .mapping: return "it takes one number, not \(node.value)"
        }
    }
}
