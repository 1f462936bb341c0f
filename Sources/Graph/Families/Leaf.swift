extension Operation {
    /// What a graph starts from; the type is given when the node is made.
    public enum Leaf: Sendable, Hashable {
        /// A tensor supplied with every shard.
        case input(GraphInput)
        /// The trainable variable of this index.
        case parameter(Int)
        /// The non-trainable variable of this index, such as a running mean.
        case state(Int)
        /// The trainable variable's part of a vector over all of them, given with the run and the same on all shards: the
        /// direction of a derivative.
        case direction(Int)
        /// A tensor filled with one value.
        case constant(Double)
        /// The number of examples of the whole mini-batch, over all shards: float32[].
        case batchCount
        /// These numbers in row-major order.
        case numbers([Double])
        /// Σ weights[label] over the examples of the whole mini-batch, over all shards: float32[]; infinity where that
        /// is 0, so that a mini-batch without weight has the loss 0 and no gradient.
        case labelWeightSum([Double])
    }
}

extension Operation.Leaf: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        operands.fail("a leaf's type is given, not inferred")
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] { [] }

    var definition: Definition? { nil }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}
