import Options

/// A loss as JSON: its name and the options that are set, as in {"name": "huber", "delta": 0.5}.
extension Loss: Codable {
    /// Writes the name and each option that is set, under the option's own key.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: Key("name"))
        for option in function.options {
            switch option.value {
            case .number(let number): try container.encode(number, forKey: Key(option.name))
            case .numbers(let numbers): try container.encode(numbers, forKey: Key(option.name))
            case .flag(let flag): try container.encode(flag, forKey: Key(option.name))
            default: try container.encode(option.value.description, forKey: Key(option.name))
            }
        }
    }

    /// Reads what `encode` wrote; throws on values that no loss has.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func corrupted(_ key: String, _ problem: String) -> DecodingError {
            .dataCorruptedError(forKey: Key(key), in: container, debugDescription: problem)
        }
        let name = try container.decode(String.self, forKey: Key("name"))
        var options: [String: OptionValue] = [:]
        for key in container.allKeys where key.stringValue != "name" {
            if let number = try? container.decode(Double.self, forKey: key) {
                options[key.stringValue] = .number(number)
            } else if let numbers = try? container.decode([Double].self, forKey: key) {
                options[key.stringValue] = .numbers(numbers)
            } else if let flag = try? container.decode(Bool.self, forKey: key) {
                options[key.stringValue] = .flag(flag)
            } else {
                options[key.stringValue] = .text(try container.decode(String.self, forKey: key))
            }
        }
        do throws(OptionError) { self = try ChoiceList.losses.make(name, options) } catch {
            throw corrupted(error.key, error.description)
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
