/// A protocol buffer message under construction: fields by number, in the order in which they were added.
///
/// Reference: "Encoding", protobuf.dev/programming-guides/encoding.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    /// How a field's value is encoded.
    private enum WireType: UInt64 {
        case variable = 0
        case eightBytes = 1
        case counted = 2
        case fourBytes = 5
    }

    /// Adds an integer or an enumeration's case; a negative one takes ten bytes.
    mutating func add(_ field: Int, _ value: Int) {
        begin(field, .variable)
        append(variable: UInt64(bitPattern: Int64(value)))
    }

    mutating func add(_ field: Int, _ value: Bool) { add(field, value ? 1 : 0) }

    mutating func add(_ field: Int, _ value: Double) {
        begin(field, .eightBytes)
        append(value.bitPattern)
    }

    mutating func add(_ field: Int, _ value: Float) {
        begin(field, .fourBytes)
        append(value.bitPattern)
    }

    mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

    mutating func add(_ field: Int, _ value: [UInt8]) {
        begin(field, .counted)
        append(variable: UInt64(value.count))
        bytes += value
    }

    mutating func add(_ field: Int, _ value: ProtobufMessage) { add(field, value.bytes) }

    /// Adds a packed list; nothing for an empty one.
    mutating func add(_ field: Int, packed values: [Double]) {
        guard !values.isEmpty else { return }
        begin(field, .counted)
        append(variable: UInt64(values.count * 8))
        for value in values { append(value.bitPattern) }
    }

    private mutating func begin(_ field: Int, _ type: WireType) {
        append(variable: UInt64(field) << 3 | type.rawValue)
    }

    /// Encodes seven bits per byte, the lowest first; all bytes but the last have the eighth bit set.
    private mutating func append(variable value: UInt64) {
        var rest = value
        while rest >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

extension ProtobufMessage {
    init(_ build: (inout ProtobufMessage) -> Void) { build(&self) }
}
