/// Values in a JSON file, as keys, lists, numbers and words. Choices must be made keys with values first, by
/// `OptionForm.plain`; keys come back in alphabetical order.
extension OptionValue: Codable {
    /// Encodes the value; traps for a choice.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .options(let options):
            var container = encoder.container(keyedBy: Key.self)
            for option in options { try container.encode(option.value, forKey: Key(option.name)) }
        case .list(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .none: try container.encodeNil()
            case .number(let number): try container.encode(number)
            case .whole(let number): try container.encode(number)
            case .numbers(let numbers): try container.encode(numbers)
            case .flag(let flag): try container.encode(flag)
            case .text(let text): try container.encode(text)
            default: preconditionFailure("\(self) is a choice, which has no form of its own")
            }
        }
    }

    /// Reads what `encode` wrote.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {
            self = .options(
                try container.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
                    NamedOption($0.stringValue, try container.decode(OptionValue.self, forKey: $0))
                })
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [OptionValue] = []
            while !container.isAtEnd { elements.append(try container.decode(OptionValue.self)) }
            self = .list(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .none
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Int.self) {
                self = .whole(number)
            } else if let text = try? container.decode(String.self) {
                // Before numbers: a decoder may take the word "nan" for one.
                self = .text(text)
            } else {
                self = .number(try container.decode(Double.self))
            }
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// The value in a form that is equal for all ways to write it: whole numbers become one case, lists of numbers
    /// become lists, and keys stand in alphabetical order.
    public var canonical: OptionValue {
        switch self {
        case .number(let number):
            if let whole = Int(exactly: number) { return .whole(whole) }
            return self
        case .numbers(let numbers): return .list(numbers.map { OptionValue.number($0).canonical })
        case .list(let elements): return .list(elements.map(\.canonical))
        case .options(let options):
            return .options(
                options.sorted { $0.name < $1.name }.map { NamedOption($0.name, $0.value.canonical) })
        case .choice(let name, let options):
            guard case .options(let options) = OptionValue.options(options).canonical else { return self }
            return .choice(name, options)
        case .none, .whole, .flag, .text: return self
        }
    }
}
