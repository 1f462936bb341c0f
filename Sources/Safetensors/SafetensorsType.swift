/// The element types that this library knows, by their names in a file.
public enum SafetensorsType: String, Sendable, Hashable, CaseIterable {
    /// IEEE 754 binary64, a Double.
    case float64 = "F64"
    /// IEEE 754 binary32, a Float.
    case float32 = "F32"
    /// IEEE 754 binary16.
    case float16 = "F16"
    /// The upper half of a binary32.
    case bfloat16 = "BF16"
    /// A signed 64-bit integer in two's complement, as all signed ones.
    case int64 = "I64"
    /// A signed integer of 32 bits.
    case int32 = "I32"
    /// A signed integer of 16 bits.
    case int16 = "I16"
    /// A signed integer of 8 bits.
    case int8 = "I8"
    /// An unsigned integer of 64 bits.
    case uint64 = "U64"
    /// An unsigned integer of 32 bits.
    case uint32 = "U32"
    /// An unsigned integer of 16 bits.
    case uint16 = "U16"
    /// An unsigned integer of 8 bits.
    case uint8 = "U8"
    /// A truth value in one byte.
    case bool = "BOOL"

    /// The bytes of one element.
    public var size: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .int8, .uint8, .bool: 1
        }
    }
}
