/// An option with its value, by its configuration name.
public struct NamedOption: Sendable, Hashable {
    /// The configuration name, PyTorch's ("weight_decay").
    public let name: String
    /// The value, given or default.
    public let value: OptionValue

    /// An option with its value.
    public init(_ name: String, _ value: OptionValue) {
        self.name = name
        self.value = value
    }
}
