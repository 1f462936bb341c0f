/// A tensor as the header describes it.
public struct TensorEntry: Sendable, Hashable {
    /// The tensor's name, such as "0.weight".
    public let name: String
    /// The type of its elements.
    public let type: SafetensorsType
    /// Its dimensions in row-major order; empty for a scalar.
    public let shape: [Int]
    /// Where its bytes lie, counted from the end of the header.
    public let offsets: Range<Int>

    /// The product of its dimensions; 1 for a scalar.
    public var elementCount: Int { offsets.count / type.size }

    /// The most dimensions a tensor may have, as in PyTorch.
    static let largestRank = 64

    /// The bytes of a tensor of this shape; nil if a product of its dimensions exceeds 63 bits.
    ///
    /// Zeros are left out of the product, so that the order of the dimensions does not decide whether a shape
    /// overflows.
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
