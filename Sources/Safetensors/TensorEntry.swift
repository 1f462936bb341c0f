/// What a header says of one tensor.
public struct TensorEntry: Sendable, Hashable {
    /// The tensor's name, such as "0.weight".
    public let name: String
    /// The type of its elements.
    public let type: SafetensorsType
    /// Its dimensions in row-major order; empty for a scalar.
    public let shape: [Int]
    /// Where its bytes stand, counted from the end of the header.
    public let offsets: Range<Int>

    /// How many elements the tensor has.
    public var elementCount: Int { offsets.count / type.size }

    /// The most dimensions a tensor may have, as in PyTorch.
    static let largestRank = 64

    /// The bytes that a shape takes, or nil when a product of its dimensions exceeds 63 bits.
    ///
    /// Zeros are left out of the product, so that whether a shape overflows does not depend on the order of
    /// its dimensions.
    static func byteCount(shape: [Int], type: SafetensorsType) -> Int? {
        var bytes = type.size
        var isEmpty = false
        for dimension in shape {
            if dimension == 0 {
                isEmpty = true
                continue
            }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
            if overflow { return nil }
            bytes = product
        }
        return isEmpty ? 0 : bytes
    }
}
