/// One option that an optimizer or schedule takes: its name, its sort of value and its default.
package struct OptionDeclaration: Sendable, Hashable {
    /// The configuration name, PyTorch's ("weight_decay").
    package let name: String
    /// A value of the option's sort: the default, or for a required option any example.
    package let example: OptionValue
    /// Whether the option must be given.
    package let isRequired: Bool

    /// An option that may be left out.
    package static func optional(_ name: String, default value: OptionValue) -> OptionDeclaration {
        OptionDeclaration(name: name, example: value, isRequired: false)
    }

    /// An option that must be given, of the same sort as `example`.
    package static func required(_ name: String, like example: OptionValue) -> OptionDeclaration {
        OptionDeclaration(name: name, example: example, isRequired: true)
    }
}
