import Messages

/// The header of a safetensors file and the order of its tensors' bytes, for writers that add the bytes piece by piece.
///
///     let outline = try SafetensorsOutline([(name: "0.weight", type: .float32, shape: [2, 3])])
///     // The file is outline.header, then the 24 bytes of 0.weight.
public struct SafetensorsOutline: Sendable {
    /// The file's first bytes: the header's length and the header.
    public let header: [UInt8]
    /// Indices into the given list, in the order in which the tensors' bytes follow the header.
    public let order: [Int]

    /// The outline of a file; throws if a name is not usable or occurs twice.
    ///
    /// - Parameters:
    ///   - tensors: Names, types and shapes, in any order.
    ///   - metadata: Strings to store under "__metadata__", sorted by key; the key is left out if there are none.
    ///   - path: The file's name in messages.
    public init(
        _ tensors: [(name: String, type: SafetensorsType, shape: [Int])], metadata: [String: String] = [:],
        path: String = "safetensors writer"
    ) throws(SafetensorsError) {
        for tensor in tensors {
            if let problem = TensorName.problem(tensor.name) {
                throw SafetensorsError(
                    .unusableName, path: path, expected: "a name like \"0.weight\"", found: problem)
            }
        }
        order = tensors.indices.sorted { TensorName.precedes(tensors[$0].name, tensors[$1].name) }
        for (place, next) in zip(order, order.dropFirst()) where tensors[place].name == tensors[next].name {
            throw SafetensorsError(
                .duplicateName, path: path, expected: "every name once",
                found: "\(SafetensorsError.quoted(tensors[place].name)) twice")
        }
        var members: [String] = []
        if !metadata.isEmpty {
            let keys = metadata.keys.sorted(by: TensorName.precedes)
            let strings = keys.map { "\(Self.json($0)):\(Self.json(metadata[$0, default: ""]))" }
            members.append("\(Self.json(TensorName.metadata)):{\(strings.joined(separator: ","))}")
        }
        var begin = 0
        for place in order {
            let tensor = tensors[place]
            guard let count = TensorEntry.byteCount(shape: tensor.shape, type: tensor.type) else {
                preconditionFailure("shape \(tensor.shape) of \(tensor.name) exceeds any memory")
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(Self.json(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(begin),\(begin + count)]}")
            begin += count
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
        guard header.count <= SafetensorsFile.largestHeader else {
            throw SafetensorsError(
                .headerLength, path: path,
                expected: "a header of at most \(SafetensorsFile.largestHeader) bytes",
                found: counted(header.count, "byte"))
        }
        self.header = LittleEndian.encode([UInt64(header.count)]) { $0 } + header
    }

    /// A JSON string, with only the escapes that JSON demands.
    private static func json(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{08}": quoted += "\\b"
            case "\u{0c}": quoted += "\\f"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x10: quoted += "\\u000\(String(scalar.value, radix: 16))"
            case _ where scalar.value < 0x20: quoted += "\\u00\(String(scalar.value, radix: 16))"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
