/// The type of a tensor's elements.
public enum ElementType: String, Sendable, Hashable {
    /// Values, parameters and gradients.
    case float32
    /// The upper half of a Float32, eight significant bits: activations and their gradients in lower precision.
    case bfloat16
    /// Sums and moments that cross examples.
    case float64
    /// Class labels.
    case int32
    /// Positions of examples in the data set.
    case int64
    /// Positions of maxima inside pooling windows.
    case uint8

    /// The bytes one element takes.
    public var size: Int {
        switch self {
        case .float32, .int32: 4
        case .float64, .int64: 8
        case .bfloat16: 2
        case .uint8: 1
        }
    }
}
