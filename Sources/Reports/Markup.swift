import Mustache

/// Text that is valid both as HTML and as XML.
///
/// It is processed by Unicode scalars: Swift takes a quotation mark followed by a combining accent for one character,
/// which is not a quotation mark, but in HTML the quotation mark still ends the attribute.
struct Markup: MustacheContentType {
    /// The name of this content type in Mustache.
    static let name = "MARKUP"

    func escapeText(_ text: String) -> String { Self.escaped(text) }

    /// Text as the content of an element or of an attribute; characters that XML forbids become U+FFFD.
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

    /// An element with attributes, in this order, and content that is already markup.
    static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: String = "")
        -> String
    {
        let list = attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
        return content.isEmpty ? "<\(name)\(list)/>" : "<\(name)\(list)>\(content)</\(name)>"
    }
}
