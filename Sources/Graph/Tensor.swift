/// A symbolic tensor: the place of a value in the graph being traced.
///
/// Shapes are concrete, with the shard's number of examples in front of everything that has examples.
public struct Tensor {
    /// The node and output that make it.
    package let value: Graph.Value
    /// The trace the tensor belongs to.
    public let builder: GraphBuilder
    /// The lengths of its sequences, where they have any.
    let lengthsValue: Graph.Value?

    package init(_ value: Graph.Value, in builder: GraphBuilder, lengths: Graph.Value? = nil) {
        self.value = value
        self.builder = builder
        lengthsValue = lengths
    }

    package var type: TensorType { builder.type(of: value) }

    /// The extents, outermost first.
    public var shape: [Int] { type.shape }

    /// The type of the elements.
    public var element: ElementType { type.element }

    /// The tensor that `operation` makes of this one and `others`.
    package func applying(_ operation: Operation, _ others: Tensor...) -> Tensor {
        applying(operation, others)
    }

    package func applying(_ operation: Operation, _ others: [Tensor]) -> Tensor {
        let lengths = lengthsValue ?? others.lazy.compactMap(\.lengthsValue).first
        return Tensor(builder.add(operation, [value] + others.map(\.value)), in: builder, lengths: lengths)
    }
}
