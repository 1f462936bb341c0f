import Datasets

/// An array as a file's header describes it, found by other means than the parser's.
struct StoredArray {
    /// Bytes of a scalar.
    let size: Int
    /// Whether scalars are floating-point numbers.
    let isFloat: Bool
    /// Whether integers have a sign.
    let isSigned: Bool
    /// Whether scalars stand most significant byte first.
    let isBig: Bool
    /// The sizes of the dimensions.
    let shape: [Int]
    /// The array's bytes, all that follow the header.
    let bytes: [UInt8]

    /// What an accepted data set has that the file has not as features, or nil.
    func brokenFeatures(_ data: LoadedData) -> String? {
        if let broken = brokenSize { return broken }
        guard data.layout.count == shape.first, data.layout.width == shape.dropFirst().reduce(1, *) else {
            return "\(data.layout.count) x \(data.layout.width) for \(shape)"
        }
        // Whole numbers but bytes become Float32.
        guard isFloat || size == 1 && !isSigned else {
            let wanted = Numbers.integers(bytes, size: size, isSigned: isSigned, isBig: isBig)
            return Numbers.floats(data.features, size: 4).elementsEqual(wanted.map { Double($0) })
                ? nil : "features other than the file's"
        }
        guard isBig, size > 1 else { return data.features == bytes ? nil : "features other than the file's" }
        let isSame = stride(from: 0, to: bytes.count, by: size).allSatisfy { start in
            bytes[start..<start + size].elementsEqual(data.features[start..<start + size].reversed())
        }
        return isSame ? nil : "features other than the file's"
    }

    /// What an accepted data set has that the file has not as labels, or nil.
    func brokenLabels(_ data: LoadedData) -> String? {
        if let broken = brokenSize { return broken }
        guard data.layout.count == shape.first else { return "\(data.layout.count) labels for \(shape)" }
        if isFloat || shape.dropFirst().contains(where: { $0 > 1 }) {
            let wanted =
                isFloat
                ? Numbers.floats(bytes, size: size, isBig: isBig).map { Float($0) }
                : Numbers.integers(bytes, size: size, isSigned: isSigned, isBig: isBig).map {
                    isSigned ? Float($0) : Float(UInt64(bitPattern: $0))
                }
            return Numbers.floats(data.labels, size: 4).elementsEqual(wanted.map { Double($0) })
                ? nil : "targets other than the file's"
        }
        let classes = Numbers.integers(bytes, size: size, isSigned: isSigned, isBig: isBig)
        if Numbers.integers(data.labels, size: 4, isSigned: true) != classes {
            return "classes other than the file's"
        }
        return classes.max().map { Int($0) + 1 } == data.layout.classCount ? nil : "another number of classes"
    }

    private var brokenSize: String? {
        let promised = shape.reduce(size) { $0.multipliedReportingOverflow(by: $1).partialValue }
        return promised == bytes.count ? nil : "a header of \(promised) bytes before \(bytes.count)"
    }
}
