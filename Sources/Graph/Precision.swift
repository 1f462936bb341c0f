/// What products and convolutions read, and how activations and their gradients are stored.
///
/// Parameters, states, sums over examples or over the fixed tree, normalization and losses are Float32 or Float64 in
/// either; products and convolutions add up in Float32.
public enum Precision: String, Sendable, Hashable, CaseIterable, Codable {
    /// IEEE single precision: nothing is rounded further.
    case float32
    /// The upper 16 bits of a Float32: its range, with 8 bits of precision. Values are rounded to the nearest, ties to
    /// even, where they are stored and where products and convolutions read them.
    case bfloat16
}
