import Options
import Training

/// A value of JSON. The members of an object keep their order, so that a text is the same each time it is written.
indirect enum JSONValue: Sendable, Equatable {
    /// A member of an object.
    struct Member: Sendable, Equatable {
        let name: String
        let value: JSONValue

        init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }
    }

    case null
    case flag(Bool)
    case whole(Int)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([Member])

    /// The value of an option whose choices are written out as keys with values; nil for none.
    init?(_ value: OptionValue) {
        switch value {
        case .none: return nil
        case .number(let number): self = .number(number)
        case .whole(let number): self = .whole(number)
        case .numbers(let numbers): self = .list(numbers.map(JSONValue.number))
        case .flag(let flag): self = .flag(flag)
        case .text(let text): self = .text(text)
        case .list(let elements): self = .list(elements.compactMap { JSONValue($0) })
        case .options(let options):
            self = .object(
                options.compactMap { option in JSONValue(option.value).map { Member(option.name, $0) } })
        case .choice(let name, _): preconditionFailure("\(name) was not made plain")
        }
    }

    /// The members of an object; none of another value.
    var members: [Member] { if case .object(let members) = self { members } else { [] } }

    /// The value on one line.
    var line: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .whole(let number): "\(number)"
        case .number(let number): YAMLWriter.number(number)
        case .text(let text): JSONLine.quoted(text)
        case .list(let elements): "[\(elements.map(\.line).joined(separator: ", "))]"
        case .object(let members):
            "{\(members.map { "\(JSONLine.quoted($0.name)): \($0.value.line)" }.joined(separator: ", "))}"
        }
    }

    /// The value as text: what fits a line stands on one, everything else has a line for each part.
    ///
    /// - Parameter depth: The levels around it, each of which indents by two spaces.
    func text(depth: Int = 0) -> String {
        let line = line
        guard 2 * depth + line.utf8.count > Self.width else { return line }
        let indent = String(repeating: "  ", count: depth)
        func parts(_ texts: [String], _ open: String, _ close: String) -> String {
            "\(open)\n" + texts.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)\(close)"
        }
        switch self {
        case .list(let elements): return parts(elements.map { $0.text(depth: depth + 1) }, "[", "]")
        case .object(let members):
            return parts(
                members.map { "\(JSONLine.quoted($0.name)): \($0.value.text(depth: depth + 1))" }, "{", "}")
        default: return line
        }
    }

    /// The most bytes of a line that has several parts.
    private static let width = 110
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .whole(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0, $1) })
    }
}
