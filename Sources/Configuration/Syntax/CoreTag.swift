import Yams

/// The tags of YAML's core schema, which state a value's type: "!!float 1".
///
/// Each setting knows its own type, so a tag changes no value; a tag that does not fit its value is a mistake.
enum CoreTag {
    /// The content of a scalar, whose tag is checked.
    static func content(
        of scalar: Node.Scalar, at location: SourceLocation
    ) throws(ConfigurationError) -> ConfigurationNode.Content {
        let text = scalar.string
        let isQuoted = ![.plain, .any].contains(scalar.style)
        let node = ConfigurationNode(content: .scalar(text, isQuoted: false), location: location)
        let setting = Setting(node, path: "")
        switch scalar.tag.rawValue {
        case "": return .scalar(text, isQuoted: isQuoted)
        case "!", name(.str): return .scalar(text, isQuoted: true)
        case name(.int):
            try require((try? PlainNumber(text))?.isWhole == true, "a whole number behind !!int", node)
        case name(.float):
            try require((try? PlainNumber(text)) != nil || isNotFinite(text), "a number behind !!float", node)
        case name(.bool):
            if setting.flagIfAny == nil {
                throw misfit("true or false behind !!bool", node, setting.flagInstead)
            }
        case name(.null):
            try require(node.isBlank || node.isNull, "nothing or null behind !!null", node)
            // An empty value is not null, but an empty value with this tag is.
            return .scalar("null", isQuoted: false)
        default: throw unknown(scalar.tag, at: location)
        }
        return node.content
    }

    /// Throws if a list or mapping has any tag but its standard one.
    static func check(
        _ tag: Tag, isStandard standard: Tag.Name, at location: SourceLocation
    ) throws(ConfigurationError) {
        guard ["", "!", name(standard)].contains(tag.rawValue) else { throw unknown(tag, at: location) }
    }

    private static let prefix = "tag:yaml.org,2002:"

    /// A tag in full, with the prefix that "!!" abbreviates.
    private static func name(_ name: Tag.Name) -> String { name.rawValue }

    /// Whether it is an infinity or NaN in YAML's spelling: these fit the tag of a number, and the setting refuses
    /// them.
    private static func isNotFinite(_ text: String) -> Bool {
        let word = text.lowercased()
        return [".nan", ".inf", "-.inf", "+.inf"].contains(word)
    }

    private static func require(
        _ fits: Bool, _ expected: String, _ node: ConfigurationNode
    ) throws(ConfigurationError) {
        if !fits { throw misfit(expected, node, nil) }
    }

    /// The error for a value that does not fit its tag.
    private static func misfit(
        _ expected: String, _ node: ConfigurationNode, _ advice: String?
    ) -> ConfigurationError {
        ConfigurationError(
            .wrongType, at: node.location, key: "",
            "expected \(expected), found \(node.phrase)", advice: advice)
    }

    /// The error for a tag that no value of a configuration has.
    private static func unknown(_ tag: Tag, at location: SourceLocation) -> ConfigurationError {
        // The tag as it was written, unless a %TAG line changed the prefix.
        let written =
            tag.rawValue.hasPrefix(prefix) ? "!!\(tag.rawValue.dropFirst(prefix.count))" : tag.rawValue
        return ConfigurationError(
            .syntax, at: location, key: "",
            "expected a value without a tag, or with one that fits it, found the tag \(ConfigurationError.quoted(written))",
            advice: "write the value alone")
    }
}
