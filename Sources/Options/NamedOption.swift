/// The configuration name of an option together with its value.
public struct NamedOption: Sendable, Hashable {
    /// The configuration name, PyTorch's ("weight_decay").
    public let name: String
    /// The value, given or default.
    public let value: OptionValue

    /// The option `name` with the value `value`.
    public init(_ name: String, _ value: OptionValue) {
        self.name = name
        self.value = value
    }
}
