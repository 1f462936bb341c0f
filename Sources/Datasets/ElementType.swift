/// How one feature of an example is stored in memory, in the machine's byte order.
public enum ElementType: String, Sendable, Hashable, Codable, CaseIterable {
    /// A byte, as in images.
    case uint8
    /// IEEE single precision.
    case float32
    /// IEEE double precision.
    case float64

    /// Bytes of one feature.
    public var size: Int {
        switch self {
        case .uint8: 1
        case .float32: 4
        case .float64: 8
        }
    }
}
