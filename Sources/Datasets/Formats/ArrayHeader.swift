/// What the header of a data file says about the array that follows it.
struct ArrayHeader: Sendable, Hashable {
    /// The type of each scalar.
    let scalar: ScalarType
    /// Whether scalars stand most significant byte first.
    let bigEndian: Bool
    /// The sizes of the dimensions, outermost first; elements follow in C order.
    let shape: [Int]
    /// Bytes before the array.
    let headerBytes: Int
    /// Bytes of the array.
    let dataBytes: Int

    /// Checks that the sizes can be computed; throws a header error if their product overflows.
    init(
        path: String, scalar: ScalarType, bigEndian: Bool, shape: [Int], headerBytes: Int
    ) throws(DataError) {
        var bytes = scalar.size
        var overflow = false
        // A zero would hide an overflow of the other sizes, so it counts as 1: such a shape is refused in any case.
        for size in shape {
            let (product, over) = bytes.multipliedReportingOverflow(by: max(1, size))
            bytes = product
            overflow = overflow || over
        }
        let (_, over) = bytes.addingReportingOverflow(headerBytes)
        guard !overflow, !over else {
            throw DataError(
                .header, path: path, expected: "a shape whose size fits 63 bits",
                found: Self.text(shape), advice: "the file is damaged: fetch it again",
                problem: "header says shape \(Self.text(shape)), more bytes than any file has")
        }
        self.scalar = scalar
        self.bigEndian = bigEndian
        self.shape = shape
        self.headerBytes = headerBytes
        dataBytes = shape.contains(0) ? 0 : bytes
    }

    /// A shape as "(60000, 28, 28)", shortened after eight dimensions.
    static func text(_ shape: [Int]) -> String {
        let sizes = shape.prefix(8).map(String.init).joined(separator: ", ")
        return shape.count > 8 ? "(\(sizes), ...)" : "(\(sizes))"
    }
}
