import Messages

/// The tensors of one safetensors file, checked as a whole before any is handed out.
///
/// The format is a header length (8 bytes, little-endian), a JSON header and the tensors' bytes. This reader
/// is stricter than the reference implementation: every byte of the data belongs to exactly one tensor, names
/// are unique and harmless as file names, and the header holds nothing but what the format prescribes. No
/// number in a file makes it allocate more than a small multiple of what the file really holds.
///
///     let file = try SafetensorsFile.read(path: "weights.safetensors")
///     for entry in file.tensors { print(entry.name, entry.type.rawValue, entry.shape) }
///     let weight = try file.tensor(named: "0.weight")
public struct SafetensorsFile: Sendable {
    /// The file's path for messages, or the name given to bytes in memory.
    public let path: String
    /// The tensors, sorted by the UTF-8 bytes of their names.
    public let tensors: [TensorEntry]
    /// The strings under "__metadata__". Look them up by key: no order may come from iterating over them.
    public let metadata: [String: String]
    private let content: [UInt8]
    /// Where the data begin in `content`, which may include the header.
    private let dataStart: Int

    /// The longest header in bytes, the reference implementation's limit.
    public static let largestHeader = 100_000_000

    /// Reads and checks the file at `path`, whose data must fit into memory.
    public static func read(path: String) throws(SafetensorsError) -> SafetensorsFile {
        let file = try ReadableFile(path)
        do { return try read(file, path: path) } catch {
            guard [.headerLength, .truncated, .malformedHeader].contains(error.reason) else { throw error }
            try refuseForeign(file, path: path, reason: error.reason)
            throw error
        }
    }

    /// Throws if the file begins as files of another format do, with how to convert it.
    package static func refuseForeign(path: String) throws(SafetensorsError) {
        try refuseForeign(try ReadableFile(path), path: path, reason: .headerLength)
    }

    private static func refuseForeign(
        _ file: ReadableFile, path: String, reason: SafetensorsError.Reason
    ) throws(SafetensorsError) {
        let start = try file.bytes(min(file.size, ForeignFile.startBytes), at: 0)
        // The length of a header may look like the first bytes of any format, but not together with the brace after it.
        let length = try? headerLength(Array(start.prefix(8)), fileSize: file.size, path: path)
        if length != nil, start.count > 8, start[8] == UInt8(ascii: "{") { return }
        guard let foreign = ForeignFile(start: start) ?? .text(start), foreign != .safetensors else { return }
        throw SafetensorsError(
            reason, path: path, expected: "a safetensors file",
            found: "\(foreign.name): \(foreign.weightsAdvice.replacing("FILE", with: "\"\(path)\""))")
    }

    private static func read(
        _ file: ReadableFile, path: String
    ) throws(SafetensorsError) -> SafetensorsFile {
        let start = try file.bytes(min(file.size, 8), at: 0)
        let length = try headerLength(start, fileSize: file.size, path: path)
        let header = try file.bytes(length, at: 8)
        // The header is checked before the data are read, so that a false one costs no more than itself.
        let parsed = try parse(header[...], dataSize: file.size - 8 - length, path: path)
        let data = try file.bytes(file.size - 8 - length, at: 8 + length)
        return SafetensorsFile(
            path: path, tensors: parsed.tensors, metadata: parsed.metadata, content: data, dataStart: 0)
    }

    /// Checks a file's bytes in memory; `path` names them in messages.
    public init(bytes: [UInt8], path: String = "memory") throws(SafetensorsError) {
        let length = try Self.headerLength(Array(bytes.prefix(8)), fileSize: bytes.count, path: path)
        let dataStart = 8 + length
        let parsed = try Self.parse(bytes[8..<dataStart], dataSize: bytes.count - dataStart, path: path)
        self.init(
            path: path, tensors: parsed.tensors, metadata: parsed.metadata, content: bytes,
            dataStart: dataStart)
    }

    private init(
        path: String, tensors: [TensorEntry], metadata: [String: String], content: [UInt8], dataStart: Int
    ) {
        self.path = path
        self.tensors = tensors
        self.metadata = metadata
        self.content = content
        self.dataStart = dataStart
    }

    /// The entry of a name, found in O(log n); nil if there is none.
    public func entry(named name: String) -> TensorEntry? {
        var low = 0
        var high = tensors.count
        while low < high {
            let middle = (low + high) / 2
            if TensorName.precedes(tensors[middle].name, name) { low = middle + 1 } else { high = middle }
        }
        guard low < tensors.count, tensors[low].name == name else { return nil }
        return tensors[low]
    }

    /// The bytes of a tensor as the file has them: little-endian elements in row-major order; throws if there is none
    /// of the name.
    public func bytes(named name: String) throws(SafetensorsError) -> ArraySlice<UInt8> {
        bytes(of: try required(name))
    }

    /// The elements of a floating-point tensor in row-major order, Float64 rounded to Float.
    ///
    /// Throws if the tensor holds integers, or a finite Float64 beyond the range of Float.
    public func tensor(named name: String) throws(SafetensorsError) -> [Float] {
        let entry = try required(name)
        switch entry.type {
        case .float32:
            return elements(entry) { Float(bitPattern: $0) }
        case .bfloat16:
            return elements(entry) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        case .float16:
            return elements(entry) { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
        case .float64:
            let doubles = elements(entry) { Double(bitPattern: $0) }
            if let lost = doubles.first(where: { $0.isFinite && !Float($0).isFinite }) {
                throw SafetensorsError(
                    .outOfRange, path: path,
                    expected: "numbers within Float32's range in \(SafetensorsError.quoted(name))",
                    found: "\(lost)")
            }
            return doubles.map { Float($0) }
        default:
            throw wrongType(entry, expected: "F32, F64, F16 or BF16")
        }
    }

    /// The elements of a floating-point tensor in row-major order, converted without rounding.
    public func doubles(named name: String) throws(SafetensorsError) -> [Double] {
        let entry = try required(name)
        if entry.type == .float64 { return elements(entry) { Double(bitPattern: $0) } }
        return try tensor(named: name).map { Double($0) }
    }

    /// The elements of an I64, I32, I16, I8 or U8 tensor in row-major order.
    public func int64s(named name: String) throws(SafetensorsError) -> [Int64] {
        let entry = try required(name)
        switch entry.type {
        case .int64: return elements(entry) { Int64(bitPattern: $0) }
        case .int32: return elements(entry) { (bits: UInt32) in Int64(Int32(bitPattern: bits)) }
        case .int16: return elements(entry) { (bits: UInt16) in Int64(Int16(bitPattern: bits)) }
        case .int8: return elements(entry) { (bits: UInt8) in Int64(Int8(bitPattern: bits)) }
        case .uint8: return elements(entry) { (bits: UInt8) in Int64(bits) }
        default: throw wrongType(entry, expected: "I64, I32, I16, I8 or U8")
        }
    }

    /// The header's length from a file's first bytes, checked against the limits and the file's size.
    private static func headerLength(
        _ start: [UInt8], fileSize: Int, path: String
    ) throws(SafetensorsError) -> Int {
        guard start.count == 8 else {
            throw SafetensorsError(
                .truncated, path: path, expected: "8 bytes of header length", found: counted(fileSize, "byte")
            )
        }
        let length = start.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // The smallest header is "{}".
        guard (2...UInt64(largestHeader)).contains(length) else {
            throw SafetensorsError(
                .headerLength, path: path, expected: "a header of 2 to \(largestHeader) bytes",
                found: counted("\(length)", "byte"))
        }
        guard length <= UInt64(fileSize - 8) else {
            throw SafetensorsError(
                .truncated, path: path, expected: "a header of \(length) bytes",
                found: "\(counted(fileSize - 8, "byte")) after its length")
        }
        return Int(length)
    }

    private static func parse(
        _ header: ArraySlice<UInt8>, dataSize: Int, path: String
    ) throws(SafetensorsError) -> (tensors: [TensorEntry], metadata: [String: String]) {
        var parser = HeaderParser(header, path: path)
        let (entries, metadata) = try parser.parse()
        try TensorLayout.check(entries, dataSize: dataSize, path: path)
        return (entries.sorted { TensorName.precedes($0.name, $1.name) }, metadata)
    }

    private func required(_ name: String) throws(SafetensorsError) -> TensorEntry {
        if let entry = entry(named: name) { return entry }
        throw SafetensorsError(
            .missingTensor, path: path, expected: "a tensor \(SafetensorsError.quoted(name))",
            found: counted(tensors.count, "other"))
    }

    private func bytes(of entry: TensorEntry) -> ArraySlice<UInt8> {
        content[dataStart + entry.offsets.lowerBound..<dataStart + entry.offsets.upperBound]
    }

    private func elements<Bits: FixedWidthInteger, Value>(
        _ entry: TensorEntry, _ value: (Bits) -> Value
    ) -> [Value] {
        LittleEndian.decode(bytes(of: entry), value)
    }

    private func wrongType(_ entry: TensorEntry, expected: String) -> SafetensorsError {
        SafetensorsError(
            .wrongType, path: path, expected: "\(expected) in \(SafetensorsError.quoted(entry.name))",
            found: entry.type.rawValue)
    }
}
