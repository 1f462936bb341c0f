extension Operation {
    /// What all shards of a mini-batch contribute to, in the same order on every rank.
    public enum Collective: Sendable, Hashable {
        /// Each operand summed over all shards in the fixed tree.
        case crossShardSum
        /// Moments of all shards merged in the fixed tree.
        case crossShardMoments
    }
}

extension Operation.Collective: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] { operands.types }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        switch self {
        case .crossShardSum: node.cotangents.map { $0?.summedAcrossShards() }
        case .crossShardMoments: []
        }
    }

    var definition: Definition? {
        switch self {
        case .crossShardSum, .crossShardMoments: nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// This tensor summed over all shards of the mini-batch.
    public func summedAcrossShards() -> Tensor { applying(.collective(.crossShardSum)) }
}
