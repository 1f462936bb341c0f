/// Turns the labels array of a file into what batches use: Int32 classes or Float targets.
struct LabelDecoder {
    private let file: ArrayFile

    /// A decoder of an opened labels file.
    init(_ file: ArrayFile) {
        self.file = file
    }

    /// Reads (N) integers of any stored type; a label below 0 or beyond Int32 is an error that names its
    /// example.
    func classes(into labels: UnsafeMutablePointer<Int32>) throws(DataError) {
        switch file.header.scalar {
        case .uint8: try decode(UInt8.self, into: labels)
        case .int8: try decode(Int8.self, into: labels)
        case .uint16: try decode(UInt16.self, into: labels)
        case .int16: try decode(Int16.self, into: labels)
        case .uint32: try decode(UInt32.self, into: labels)
        case .int32: try decode(Int32.self, into: labels)
        case .uint64: try decode(UInt64.self, into: labels)
        case .int64: try decode(Int64.self, into: labels)
        case .float32, .float64: preconditionFailure("float labels are targets")
        }
    }

    /// Reads (N) or (N, K) floats, rounded to Float32.
    func targets(into targets: UnsafeMutablePointer<Float>) throws(DataError) {
        let bigEndian = file.header.bigEndian
        let double = file.header.scalar == .float64
        try file.readPieces { piece, first in
            if double {
                for i in 0..<piece.count / 8 {
                    let bits = piece.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
                    targets[first + i] = Float(
                        Double(bitPattern: bigEndian ? bits.bigEndian : bits.littleEndian))
                }
            } else {
                for i in 0..<piece.count / 4 {
                    let bits = piece.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
                    targets[first + i] = Float(bitPattern: bigEndian ? bits.bigEndian : bits.littleEndian)
                }
            }
        }
    }

    private func decode<Stored: FixedWidthInteger & BitwiseCopyable>(
        _: Stored.Type, into labels: UnsafeMutablePointer<Int32>
    ) throws(DataError) {
        let bigEndian = file.header.bigEndian
        let size = MemoryLayout<Stored>.size
        let name = file.name
        try file.readPieces { (piece, first) throws(DataError) in
            for i in 0..<piece.count / size {
                let stored = piece.loadUnaligned(fromByteOffset: size * i, as: Stored.self)
                let value = bigEndian ? stored.bigEndian : stored.littleEndian
                guard value >= 0, let label = Int32(exactly: value), label < Int32.max else {
                    throw ExampleChecks.outsideClasses(
                        "\(value)", example: first + i, classes: nil, path: name)
                }
                labels[first + i] = label
            }
        }
    }
}
