/// Text for manual pages, in the language of man(7).
enum Roff {
    /// Text that is printed as it stands.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "\u{80}"...: escaped += "\\[u\(hexadecimal(scalar.value))]"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        // A line that begins with a point is a request.
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }

    static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }

    static func italic(_ text: String) -> String { "\\fI\(escaped(text))\\fR" }

    /// The lines of a paragraph with a tag in front.
    static func tagged(_ tag: String, _ text: String) -> [String] { [".TP", tag, escaped(text)] }

    /// The lines of an example: a command line, with what it does in front.
    static func example(_ line: String, _ does: String) -> [String] {
        [
            ".PP", escaped(does.prefix(1).uppercased() + does.dropFirst()) + ":", ".PP", ".RS 4", ".nf",
            escaped(line), ".fi", ".RE",
        ]
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
