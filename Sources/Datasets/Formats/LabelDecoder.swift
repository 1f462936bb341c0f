/// Converts the labels array of a file to what batches use: Int32 classes or Float targets.
struct LabelDecoder {
    private let file: ArrayFile

    init(_ file: ArrayFile) {
        self.file = file
    }

    /// Reads one class per example, stored in any type; a label below 0 or beyond Int32, or a fraction, gives an error
    /// that names its example.
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
        case .float32, .float64:
            let name = file.name
            try forEachFloat { (value, index) throws(DataError) in
                guard Self.isClass(value) else {
                    throw ExampleChecks.outsideClasses(
                        value.plainText, example: index, classes: nil, path: name,
                        isFraction: value.rounded() != value)
                }
                labels[index] = Int32(value)
            }
        }
    }

    /// Whether the array holds floats, one per example, that are all whole numbers and could be classes.
    func holdsClasses() throws(DataError) -> Bool {
        var isWhole = true
        try forEachFloat { (value, _) throws(DataError) in isWhole = isWhole && Self.isClass(value) }
        return isWhole
    }

    /// Reads numbers (N) or (N, width), rounded to Float32; one that is not finite before or after rounding gives an
    /// error that names its example.
    func targets(into targets: UnsafeMutablePointer<Float>, width: Int) throws(DataError) {
        let name = file.name
        switch file.header.scalar {
        case .uint8: try convert(UInt8.self, into: targets)
        case .int8: try convert(Int8.self, into: targets)
        case .uint16: try convert(UInt16.self, into: targets)
        case .int16: try convert(Int16.self, into: targets)
        case .uint32: try convert(UInt32.self, into: targets)
        case .int32: try convert(Int32.self, into: targets)
        case .uint64: try convert(UInt64.self, into: targets)
        case .int64: try convert(Int64.self, into: targets)
        case .float32, .float64:
            try forEachFloat { (value, index) throws(DataError) in
                targets[index] = Float(value)
                guard targets[index].isFinite else {
                    throw ExampleChecks.notFinite(value, "target", index: index, width: width, path: name)
                }
            }
        }
    }

    /// Calls `body` with each number that Float32 may merge, as Float64 and, if it is a whole number, as Int; never
    /// calls it if the type is no finer than Float32.
    func forEachFineNumber(_ body: (Double, Int?, _ index: Int) -> Void) throws(DataError) {
        switch file.header.scalar {
        case .uint8, .int8, .uint16, .int16, .float32: return
        case .uint32: try forEachInteger(UInt32.self) { body(Double($0), Int($0), $1) }
        case .int32: try forEachInteger(Int32.self) { body(Double($0), Int($0), $1) }
        case .uint64: try forEachInteger(UInt64.self) { body(Double($0), Int(exactly: $0), $1) }
        case .int64: try forEachInteger(Int64.self) { body(Double($0), Int($0), $1) }
        case .float64: try forEachFloat { body($0, nil, $1) }
        }
    }

    private static func isClass(_ value: Double) -> Bool {
        value >= 0 && value < Double(Int32.max) && value.rounded() == value
    }

    private func forEachFloat(_ take: (Double, Int) throws(DataError) -> Void) throws(DataError) {
        let bigEndian = file.header.bigEndian
        let double = file.header.scalar == .float64
        try file.readPieces { (piece, first) throws(DataError) in
            if double {
                for i in 0..<piece.count / 8 {
                    let bits = piece.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
                    try take(
                        Double(bitPattern: bigEndian ? bits.bigEndian : bits.littleEndian), first + i)
                }
            } else {
                for i in 0..<piece.count / 4 {
                    let bits = piece.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
                    let value = Float(bitPattern: bigEndian ? bits.bigEndian : bits.littleEndian)
                    try take(Double(value), first + i)
                }
            }
        }
    }

    private func decode<Stored: FixedWidthInteger & BitwiseCopyable>(
        _ type: Stored.Type, into labels: UnsafeMutablePointer<Int32>
    ) throws(DataError) {
        let name = file.name
        try forEachInteger(type) { (value, index) throws(DataError) in
            guard value >= 0, let label = Int32(exactly: value), label < Int32.max else {
                throw ExampleChecks.outsideClasses("\(value)", example: index, classes: nil, path: name)
            }
            labels[index] = label
        }
    }

    private func convert<Stored: FixedWidthInteger & BitwiseCopyable>(
        _ type: Stored.Type, into targets: UnsafeMutablePointer<Float>
    ) throws(DataError) {
        try forEachInteger(type) { (value, index) throws(DataError) in targets[index] = Float(value) }
    }

    private func forEachInteger<Stored: FixedWidthInteger & BitwiseCopyable>(
        _: Stored.Type, _ take: (Stored, Int) throws(DataError) -> Void
    ) throws(DataError) {
        let bigEndian = file.header.bigEndian
        let size = MemoryLayout<Stored>.size
        try file.readPieces { (piece, first) throws(DataError) in
            for i in 0..<piece.count / size {
                let stored = piece.loadUnaligned(fromByteOffset: size * i, as: Stored.self)
                try take(bigEndian ? stored.bigEndian : stored.littleEndian, first + i)
            }
        }
    }
}
