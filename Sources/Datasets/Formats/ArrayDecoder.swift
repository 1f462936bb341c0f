/// Converts an array of a file to what batches use: Int32 classes or lengths, Float targets or features.
struct ArrayDecoder {
    private let file: ArrayFile

    init(_ file: ArrayFile) {
        self.file = file
    }

    /// Reads one class per example, stored in any type; a label below 0 or beyond Int32, or a fraction, gives an error
    /// that names its example.
    func classes(into labels: UnsafeMutablePointer<Int32>) throws(DataError) {
        let name = file.name
        guard file.header.scalar.isFloat else {
            return try forEachInteger { (value, index) throws(DataError) in
                guard (0..<Int128(Int32.max)).contains(value) else {
                    throw ExampleChecks.outsideClasses("\(value)", example: index, classes: nil, path: name)
                }
                labels[index] = Int32(value)
            }
        }
        try forEachFloat { (value, index) throws(DataError) in
            guard Self.isClass(value) else {
                throw ExampleChecks.outsideClasses(
                    value.plainText, example: index, classes: nil, path: name,
                    isFraction: value.rounded() != value)
            }
            labels[index] = Int32(value)
        }
    }

    /// Reads a class for each position (N, ...), of any integer type, −1 where the position does not count: where the label
    /// is `ignored`, and behind an example's length. Errors name the example and its position.
    ///
    /// - Parameter lengths: How many positions of each example of the file count; nil for all.
    func positions(
        into labels: UnsafeMutablePointer<Int32>, ignored: Int, lengths: UnsafePointer<Int32>?
    ) throws(DataError) {
        let (name, width) = (file.name, file.header.shape.dropFirst().reduce(1, *))
        try forEachInteger { (value, index) throws(DataError) in
            let (example, position) = index.quotientAndRemainder(dividingBy: width)
            if value == Int128(ignored) || lengths.map({ position >= Int($0[example]) }) ?? false {
                labels[index] = -1
                return
            }
            guard (0..<Int128(Int32.max)).contains(value) else {
                throw ExampleChecks.outsideClasses(
                    "\(value)", example: example, position: position, classes: nil, path: name)
            }
            labels[index] = Int32(value)
        }
    }

    /// Reads a length for each example, from 1 to `most`.
    func lengths(into lengths: UnsafeMutablePointer<Int32>, most: Int) throws(DataError) {
        let name = file.name
        try forEachInteger { (value, index) throws(DataError) in
            guard (1...Int128(most)).contains(value) else {
                throw DataError(
                    .label, path: name, expected: "lengths from 1 to \(most)", found: "\(value)",
                    advice: "correct the length, or leave out that example",
                    problem:
                        "the length of example \(index) is \(value), expected 1 to \(most), the positions of an example"
                ).about("lengths")
            }
            lengths[index] = Int32(value)
        }
    }

    /// Reads features of an integer type as Float32; one that Float32 would round gives an error that names its example.
    func features(into features: UnsafeMutablePointer<Float>) throws(DataError) {
        let (name, width) = (file.name, file.header.shape.dropFirst().reduce(1, *))
        try forEachInteger { (value, index) throws(DataError) in
            guard value.magnitude <= 1 << 24 else {
                throw DataError(
                    .unsupported, path: name, expected: "whole numbers up to 2^24", found: "\(value)",
                    advice: "save the features as float64",
                    problem:
                        "feature \(index % width) of example \(index / width) is \(value), which Float32 would round, expected whole numbers up to 2^24"
                )
            }
            features[index] = Float(Int32(truncatingIfNeeded: value))
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
        guard file.header.scalar.isFloat else {
            return try forEachInteger { (value, index) throws(DataError) in
                targets[index] = value > Int128(Int64.max) ? Float(UInt64(value)) : Float(Int64(value))
            }
        }
        try forEachFloat { (value, index) throws(DataError) in
            targets[index] = Float(value)
            guard targets[index].isFinite else {
                throw ExampleChecks.notFinite(value, "target", index: index, width: width, path: name)
            }
        }
    }

    /// Calls `body` with each number that Float32 may merge, as Float64 and, if it is a whole number, as Int; never
    /// calls it if the type is no finer than Float32.
    func forEachFineNumber(_ body: (Double, Int?, _ index: Int) -> Void) throws(DataError) {
        switch file.header.scalar {
        case .uint8, .int8, .uint16, .int16, .float32: return
        case .uint32, .int32, .uint64, .int64:
            try forEachInteger { value, index in
                body(
                    value > Int128(Int64.max) ? Double(UInt64(value)) : Double(Int64(value)),
                    Int(exactly: value),
                    index)
            }
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

    /// Calls `take` with each number of an array of integers.
    private func forEachInteger(_ take: (Int128, Int) throws(DataError) -> Void) throws(DataError) {
        switch file.header.scalar {
        case .uint8: try forEachInteger(UInt8.self, take)
        case .int8: try forEachInteger(Int8.self, take)
        case .uint16: try forEachInteger(UInt16.self, take)
        case .int16: try forEachInteger(Int16.self, take)
        case .uint32: try forEachInteger(UInt32.self, take)
        case .int32: try forEachInteger(Int32.self, take)
        case .uint64: try forEachInteger(UInt64.self, take)
        case .int64: try forEachInteger(Int64.self, take)
        case .float32, .float64: preconditionFailure("whole numbers of \(file.header.scalar)")
        }
    }

    private func forEachInteger<Stored: FixedWidthInteger & BitwiseCopyable>(
        _: Stored.Type, _ take: (Int128, Int) throws(DataError) -> Void
    ) throws(DataError) {
        let bigEndian = file.header.bigEndian
        let size = MemoryLayout<Stored>.size
        try file.readPieces { (piece, first) throws(DataError) in
            for i in 0..<piece.count / size {
                let stored = piece.loadUnaligned(fromByteOffset: size * i, as: Stored.self)
                try take(Int128(bigEndian ? stored.bigEndian : stored.littleEndian), first + i)
            }
        }
    }
}
