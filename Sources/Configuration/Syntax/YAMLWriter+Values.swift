import Options

/// Writes values of plain keys, as `OptionForm.plain` makes them, in which choices are keys with values already.
///
/// A list of layers gets a line for each layer, and a layer that holds other layers gets lines for its parts:
///
///     model:
///       - conv2d: {out: 32, kernel: 3}
///       - residual:
///           body:
///             - relu
extension YAMLWriter {
    /// Writes a key with its value: on lines of their own if it is a list of layers or has one inside, else on one
    /// line.
    mutating func line(_ key: String, _ value: OptionValue, depth: Int = 0) {
        switch value {
        case .list(let elements) where elements.contains(where: Self.isDeep):
            heading(key, depth: depth)
            for element in elements { self.element(element, depth: depth + 1) }
        case .options(let options) where options.contains(where: { Self.hasElements($0.value) }):
            heading(key, depth: depth)
            for option in options { line(option.name, option.value, depth: depth + 1) }
        default: line(key, Self.flow(value), depth: depth)
        }
    }

    /// Writes an element: a word or layer on one line, or a layer that holds others on several.
    private mutating func element(_ value: OptionValue, depth: Int) {
        guard case .options(let options) = value, options.count == 1, let option = options.first,
            case .options(let inner) = option.value
        else { return element(Self.flow(value), depth: depth) }
        guard inner.contains(where: { Self.hasElements($0.value) }) else {
            return element("\(option.name): \(Self.flow(option.value))", depth: depth)
        }
        heading("- \(option.name)", depth: depth)
        for option in inner { line(option.name, option.value, depth: depth + 2) }
    }

    private static func isDeep(_ value: OptionValue) -> Bool {
        if case .options = value { true } else { false }
    }

    /// Whether a value is a list that has keys with values as an element.
    private static func hasElements(_ value: OptionValue) -> Bool {
        switch value {
        case .list(let elements): elements.contains(where: isDeep)
        case .options(let options): options.contains { hasElements($0.value) }
        default: false
        }
    }

    static func flow(_ value: OptionValue) -> String {
        switch value {
        case .none: "null"
        case .number(let number): self.number(number)
        case .whole(let number): "\(number)"
        case .numbers(let numbers): "[" + numbers.map(self.number).joined(separator: ", ") + "]"
        case .flag(let flag): "\(flag)"
        case .text(let text): string(text)
        case .list(let elements): "[" + elements.map { flow($0) }.joined(separator: ", ") + "]"
        case .options(let options): flow(options.map { (key: $0.name, value: flow($0.value)) })
        case .choice(let name, _): preconditionFailure("\(name) was not made plain")
        }
    }
}
