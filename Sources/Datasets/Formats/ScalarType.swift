/// The scalar types that a data file may hold.
enum ScalarType: String, Sendable, CaseIterable {
    case uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64

    /// Bytes of one scalar.
    var size: Int {
        switch self {
        case .uint8, .int8: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// Whether features of this type are held as they are; those of others become Float32.
    var hasFeatures: Bool { self == .uint8 || isFloat }

    var isFloat: Bool { self == .float32 || self == .float64 }
}
