extension Graph {
    /// Floating-point operations of matrix products and convolutions, a multiplication and an addition counting as two.
    package var flops: Int {
        nodes.map { node in
            node.operation.family.flops(operands: node.operands.map { type(of: $0) }, results: node.types)
        }.reduce(0, +)
    }
}
