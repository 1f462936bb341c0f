extension Operation {
    /// Random numbers, keyed by example and element, never by place.
    public enum Random: Sendable, Hashable {
        /// exampleIndices [N] → a mask of the given shape [N, ...]: 0 with probability rate, else 1 / (1 − rate).
        case dropoutMask(rate: Double, tag: Int, shape: [Int])
        /// (x [N, ...], exampleIndices [N]) → x times its dropout mask.
        case dropout(rate: Double, tag: Int)
    }
}

extension Operation.Random: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        switch self {
        case .dropoutMask(_, _, let shape): [TensorType(shape)]
        case .dropout: [operands[0]]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        switch self {
        case .dropoutMask: []
        case .dropout: [dy.applying(.random(self), node.operands[1])]
        }
    }

    var definition: Definition? {
        switch self {
        case .dropoutMask: return nil
        case .dropout(let rate, let tag):
            return { operands in
                let (x, indices) = (operands[0], operands[1])
                return [x * indices.applying(.random(.dropoutMask(rate: rate, tag: tag, shape: x.shape)))]
            }
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// Zeroed with probability `rate`, else divided by 1 − rate, keyed by example and element, never by place.
    package func droppedOut(rate: Double, exampleIndices: Tensor) -> Tensor {
        applying(.random(.dropout(rate: rate, tag: builder.nextDropoutTag())), exampleIndices)
    }
}
