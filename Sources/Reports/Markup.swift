import Mustache

/// Text for HTML that is well-formed XML, too.
///
/// It goes by Unicode scalars: in Swift a quotation mark with a combining accent behind it is one character, which is no
/// quotation mark, but HTML sees one there and ends the attribute.
struct Markup: MustacheContentType {
    /// What Mustache calls it.
    static let name = "MARKUP"

    func escapeText(_ text: String) -> String { Self.escaped(text) }

    /// Text as the content of an element or of an attribute; what XML does not allow becomes U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\n", "\t": result.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}"..."\u{FFFF}": result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// An element with attributes, in this order, and content that is markup already.
    static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: String = "")
        -> String
    {
        let list = attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
        return content.isEmpty ? "<\(name)\(list)/>" : "<\(name)\(list)>\(content)</\(name)>"
    }
}
