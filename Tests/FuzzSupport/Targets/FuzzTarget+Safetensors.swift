import Safetensors

extension FuzzTarget {
    /// Weights.
    static let safetensors = FuzzTarget(
        name: "safetensors", seeds: SafetensorsSeeds.all,
        words: [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\u0061", "..", "/", "-", "0", "1e9",
            "null",
            "9223372036854775807", "18446744073709551616", "\"dtype\"", "\"shape\":[0]",
            "\"__metadata__\":{}",
            "\"data_offsets\":[0,0]", "F64", "I32", "\u{0}", "é",
        ], isText: true, repair: SafetensorsSeeds.repaired
    ) { bytes in
        do throws(SafetensorsError) {
            let file = try SafetensorsFile(bytes: bytes, path: "input.safetensors")
            return .accepted(unless: try SafetensorsSeeds.broken(file, size: bytes.count, bytes))
        } catch {
            return .refused(kind: error.reason.rawValue, error.description, naming: "input.safetensors")
        }
    }
}

/// Valid weights.
enum SafetensorsSeeds {
    /// Tensors of several types; nothing; strings beside a tensor.
    static let all: [[UInt8]] = [
        file(
            #"{"__metadata__":{"note":"a\tb \u00e9"},"0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
                + #""0.weight":{"dtype":"F64","shape":[2,1],"data_offsets":[8,24]},"n":{"dtype":"I64","shape":[],"#
                + #""data_offsets":[24,32]},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[32,32]}}"#, 32),
        file(
            #"{"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"F16","shape":[1],"#
                + #""data_offsets":[6,8]},"c":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]},"d":{"dtype":"U8","#
                + #""shape":[2,1],"data_offsets":[10,12]},"f":{"dtype":"I32","shape":[1],"data_offsets":[12,16]}}  "#,
            16),
        file("{}", 0),
    ]

    /// Most damage changes the header's size: half of the inputs get the right length again.
    @Sendable static func repaired(_ bytes: [UInt8], _ draws: inout Draws) -> [UInt8] {
        guard draws.oneIn(2), bytes.count > 8, let close = bytes.lastIndex(of: UInt8(ascii: "}")), close > 8
        else {
            return bytes
        }
        return Numbers.bytes([UInt64(close - 7)]) + bytes.dropFirst(8)
    }

    /// The promise that an accepted file breaks, or nil.
    static func broken(_ file: SafetensorsFile, size: Int, _ bytes: [UInt8]) throws(SafetensorsError)
        -> String?
    {
        let names = file.tensors.map(\.name)
        for (name, next) in zip(names, names.dropFirst())
        where !name.utf8.lexicographicallyPrecedes(next.utf8) { return "\(name) before \(next)" }
        let header = Int(Numbers.word(bytes.prefix(8)))
        let covered = file.tensors.reduce(0) { $0 + $1.offsets.count }
        if 8 + header + covered != size { return "\(covered) of \(size - header - 8) bytes in tensors" }
        var writer = SafetensorsWriter()
        for entry in file.tensors {
            if file.entry(named: entry.name) != entry { return "\(entry.name) is not found" }
            let stored = Array(try file.bytes(named: entry.name))
            let start = 8 + header + entry.offsets.lowerBound
            if !bytes[start..<start + entry.offsets.count].elementsEqual(stored) {
                return "\(entry.name) elsewhere"
            }
            if entry.shape.reduce(1, *) != entry.elementCount {
                return "\(entry.elementCount) of \(entry.shape)"
            }
            try read(entry, of: file)
            try writer.add(name: entry.name, type: entry.type, shape: entry.shape, bytes: stored)
        }
        let again = try SafetensorsFile(bytes: writer.serialized(), path: "again.safetensors")
        let isSame = zip(again.tensors, file.tensors).allSatisfy {
            $0.name == $1.name && $0.type == $1.type && $0.shape == $1.shape
        }
        return isSame && again.tensors.count == file.tensors.count
            ? nil : "other tensors when written and read again"
    }

    /// Reads every element in each way its type has.
    private static func read(_ entry: TensorEntry, of file: SafetensorsFile) throws(SafetensorsError) {
        let count: Int
        switch entry.type {
        case .float32, .float16, .bfloat16: count = try file.tensor(named: entry.name).count
        case .float64: count = try file.doubles(named: entry.name).count
        case .int64, .int32, .int16, .int8, .uint8: count = try file.int64s(named: entry.name).count
        case .uint64, .uint32, .uint16, .bool: return
        }
        precondition(count == entry.elementCount, "\(count) elements of \(entry)")
    }

    private static func file(_ header: String, _ data: Int) -> [UInt8] {
        Numbers.bytes([UInt64(header.utf8.count)]) + Array(header.utf8) + (0..<data).map { UInt8($0) }
    }
}
