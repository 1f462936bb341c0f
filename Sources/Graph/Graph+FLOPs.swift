extension Graph {
    /// Floating-point operations of matrix products and convolutions, a multiplication and an addition counting as two.
    package var flops: Int {
        nodes.map { node in
            func shape(_ operand: Int) -> [Int] { type(of: node.operands[operand]).shape }
            switch node.operation {
            case .matmul(let transposeA, _):
                let a = shape(0)
                return 2 * node.types[0].count * (transposeA ? a[0] : a[1])
            case .linear:
                return 2 * node.types[0].count * shape(0)[1]
            case .convolution:
                return 2 * node.types[0].count * shape(1).dropFirst().reduce(1, *)
            case .convolutionInputGradient:
                return 2 * type(of: node.operands[0]).count * shape(1).dropFirst().reduce(1, *)
            case .convolutionWeightGradient:
                return 2 * type(of: node.operands[1]).count * node.types[0].shape.dropFirst().reduce(1, *)
            default:
                return 0
            }
        }.reduce(0, +)
    }
}
