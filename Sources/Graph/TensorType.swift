/// The shape and the element type of a tensor; a scalar has the empty shape.
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
    /// The extent of each dimension, outermost first.
    public let shape: [Int]
    /// The type of every element.
    public let element: ElementType

    public init(_ shape: [Int], _ element: ElementType = .float32) {
        self.shape = shape
        self.element = element
    }

    /// The number of elements: the product of the shape.
    public var count: Int { shape.reduce(1, *) }

    /// The bytes the tensor takes when stored densely.
    public var byteCount: Int { count * element.size }

    /// For example `float32[32, 64, 14, 14]`.
    public var description: String {
        "\(element.rawValue)[\(shape.map(String.init).joined(separator: ", "))]"
    }
}
