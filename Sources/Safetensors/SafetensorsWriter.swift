/// Collects tensors and writes them as a safetensors file.
///
/// The bytes depend on the tensors and the strings alone, so equal weights make equal files: tensors are sorted by the
/// UTF-8 bytes of their names, in the header and in the data, and no time or path is recorded. The JSON is spelled as
/// the reference implementation spells it, without white space inside and padded with spaces so that the data begin at
/// a multiple of 8 bytes.
///
///     var writer = SafetensorsWriter()
///     try writer.add(name: "0.weight", shape: [2, 3], floats: [1, 2, 3, 4, 5, 6])
///     try writer.add(name: "1.num_batches_tracked", shape: [], int64s: [10])
///     try writer.write(to: "weights.safetensors")
public struct SafetensorsWriter: Sendable {
    /// Strings to store under "__metadata__", sorted by key in the file; the key is left out if there are none.
    public var metadata: [String: String]
    private var tensors: [(name: String, type: SafetensorsType, shape: [Int], bytes: [UInt8])] = []
    private var names: Set<String> = []

    /// A writer without tensors, with the strings `metadata`.
    public init(metadata: [String: String] = [:]) {
        self.metadata = metadata
    }

    /// Adds an F32 tensor, row-major; throws if the name is not usable or taken.
    public mutating func add(name: String, shape: [Int], floats: [Float]) throws(SafetensorsError) {
        try add(name: name, type: .float32, shape: shape, bytes: LittleEndian.encode(floats, \.bitPattern))
    }

    /// Adds an F64 tensor, row-major; throws if the name is not usable or taken.
    public mutating func add(name: String, shape: [Int], doubles: [Double]) throws(SafetensorsError) {
        try add(name: name, type: .float64, shape: shape, bytes: LittleEndian.encode(doubles, \.bitPattern))
    }

    /// Adds an I64 tensor, row-major; throws if the name is not usable or taken.
    public mutating func add(name: String, shape: [Int], int64s: [Int64]) throws(SafetensorsError) {
        try add(name: name, type: .int64, shape: shape, bytes: LittleEndian.encode(int64s) { $0 })
    }

    /// Adds an I32 tensor, row-major; throws if the name is not usable or taken.
    public mutating func add(name: String, shape: [Int], int32s: [Int32]) throws(SafetensorsError) {
        try add(name: name, type: .int32, shape: shape, bytes: LittleEndian.encode(int32s) { $0 })
    }

    /// Adds a tensor of any type as little-endian bytes; throws if the name is not usable or taken.
    public mutating func add(
        name: String, type: SafetensorsType, shape: [Int], bytes: [UInt8]
    ) throws(SafetensorsError) {
        precondition(
            shape.count <= TensorEntry.largestRank && shape.allSatisfy { $0 >= 0 }
                && TensorEntry.byteCount(shape: shape, type: type) == bytes.count,
            "\(bytes.count) bytes for \(name) of shape \(shape) and type \(type.rawValue)")
        if let problem = TensorName.problem(name) {
            throw SafetensorsError(
                .unusableName, path: "safetensors writer", expected: "a name like \"0.weight\"",
                found: problem)
        }
        guard names.insert(name).inserted else {
            throw SafetensorsError(
                .duplicateName, path: "safetensors writer", expected: "every name once",
                found: "\(SafetensorsError.quoted(name)) twice")
        }
        tensors.append((name, type, shape, bytes))
    }

    /// The whole file's bytes: length, header, data.
    public func serialized() throws(SafetensorsError) -> [UInt8] {
        Array(try pieces(path: "memory").joined())
    }

    /// Writes the file; whatever fails, the path names either the older file or the whole new one.
    public func write(to path: String) throws(SafetensorsError) {
        try AtomicFile.write(pieces(path: path), to: path)
    }

    /// The length and header, then each tensor's bytes, in the order of the file.
    private func pieces(path: String) throws(SafetensorsError) -> [[UInt8]] {
        let outline = try SafetensorsOutline(
            tensors.map { (name: $0.name, type: $0.type, shape: $0.shape) }, metadata: metadata, path: path)
        return [outline.header] + outline.order.map { tensors[$0].bytes }
    }
}
