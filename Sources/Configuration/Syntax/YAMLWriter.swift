/// Writes YAML in one fixed form, line by line; reading it gives the same values.
///
/// `line` and `heading` write keys, and `element` writes elements of lists; functions that return text write a value
/// for any of these. The depth is the number of levels around a line, which is indented by two spaces for each.
struct YAMLWriter {
    private(set) var text = ""

    /// Writes "key: value"; `value` must be YAML.
    mutating func line(_ key: String, _ value: String, depth: Int = 0) {
        text += String(repeating: "  ", count: depth) + "\(key): \(value)\n"
    }

    /// Writes a line to which the following lines belong, such as "data:" or "- residual:".
    mutating func heading(_ heading: String, depth: Int = 0) {
        text += String(repeating: "  ", count: depth) + heading + ":\n"
    }

    /// Writes an element of a list; `value` must be YAML.
    mutating func element(_ value: String, depth: Int) {
        text += String(repeating: "  ", count: depth) + "- \(value)\n"
    }

    /// "{key: value, ...}" for values that are YAML; "{}" for none.
    static func flow(_ pairs: [(key: String, value: String)]) -> String {
        "{" + pairs.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
    }

    /// A number; a whole one is written without a point if Float64 is exact there.
    static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }

    /// A text; in double quotation marks unless every reader takes it for a text.
    static func string(_ value: String) -> String {
        let scalars = value.unicodeScalars
        let safe = scalars.allSatisfy {
            isLetter($0) || ("0"..."9").contains($0) || "_-./".unicodeScalars.contains($0)
        }
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        if safe, let first = scalars.first, isLetter(first) || first == "/",
            !words.contains(value.lowercased())
        {
            return value
        }
        return quoted(scalars)
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private static func quoted(_ scalars: String.UnicodeScalarView) -> String {
        var result = "\""
        for scalar in scalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case " "..."~": result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return result + "\""
    }
}
