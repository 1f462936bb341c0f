/// One option: its name, the values it may have, its default and what it does.
public struct OptionDeclaration: Sendable {
    /// The configuration name, PyTorch's ("weight_decay").
    public let name: String
    /// The values that the option may have.
    public let form: OptionForm
    /// The default; nil for an option that must be given, `.none` for one that may be left out without a default.
    public let standard: OptionValue?
    /// What the option does, in one sentence.
    public let summary: String
    /// Another name of the same option ("out_features").
    public let alias: String?
    /// Whether a resolved configuration states the option even if it has its default.
    public let isWritten: Bool
    /// Whether the options of what it picks may stand next to it if its name stands alone: {weight: orthogonal, gain:
    /// 2}.
    public let isSpread: Bool

    /// Whether the option must be given.
    public var isRequired: Bool { standard == nil }

    /// What the value must be and what the option does, as a phrase that fits after "must be".
    public var phrase: String {
        let words = summary.hasSuffix(".") ? String(summary.dropLast()) : summary
        guard let first = words.first else { return form.phrase }
        // A sentence that starts with a name or an abbreviation keeps its capital.
        let rest = words.dropFirst()
        let isName = rest.first?.isLowercase == false && rest.first != " "
        return "\(form.phrase): \(isName ? words : first.lowercased() + rest)"
    }

    /// An option that may be left out.
    ///
    /// - Parameters:
    ///   - form: The values it may have; any value of the default's sort if not given.
    ///   - value: The default; `.none` for an option without one.
    ///   - isWritten: Whether a resolved configuration states the option even if it has its default.
    ///   - isSpread: Whether the options of what it picks may stand next to it if its name stands alone.
    public static func optional(
        _ name: String, _ form: OptionForm? = nil, default value: OptionValue, alias: String? = nil,
        isWritten: Bool = true, isSpread: Bool = false, _ summary: String = ""
    ) -> OptionDeclaration {
        OptionDeclaration(
            name: name, form: form ?? .like(value), standard: value, summary: summary, alias: alias,
            isWritten: isWritten, isSpread: isSpread)
    }

    /// An option that must be given.
    public static func required(
        _ name: String, _ form: OptionForm, alias: String? = nil, _ summary: String = ""
    ) -> OptionDeclaration {
        OptionDeclaration(
            name: name, form: form, standard: nil, summary: summary, alias: alias, isWritten: true,
            isSpread: false)
    }

    /// An option that must be given, of the same sort as `example`.
    public static func required(
        _ name: String, like example: OptionValue, _ summary: String = ""
    ) -> OptionDeclaration {
        required(name, .like(example), summary)
    }
}
