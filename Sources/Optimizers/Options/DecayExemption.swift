/// A kind of parameters that weight decay may leave out; raw values are the names in a configuration.
public enum DecayExemption: String, Sendable, Hashable, CaseIterable {
    /// Biases of all layers.
    case bias
    /// Scales and shifts of normalization layers.
    case norm
}
