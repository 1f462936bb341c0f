extension Operation {
    /// Functions of single elements, on operands of equal shapes.
    public enum Elementwise: Sendable, Hashable {
        /// y = f(x).
        case unary(Unary)
        /// z = f(x, y).
        case binary(Binary)
        /// (condition, a, b) → a where the condition is not 0, else b.
        case select
        /// The same values in another element type.
        case convert(ElementType)
        /// The same values; the derivative is zero.
        case stopGradient
    }
}

extension Operation.Elementwise: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        switch self {
        case .unary, .stopGradient:
            return [operands[0]]
        case .binary:
            operands.require(operands[0] == operands[1], "operands differ in type")
            return [operands[0]]
        case .select:
            operands.require(
                operands.types.allSatisfy { $0 == operands[0] }, "condition and operands differ in type")
            return [operands[0]]
        case .convert(let element):
            return [TensorType(operands[0].shape, element)]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        switch self {
        case .unary(let function): [function.gradient(of: dy, x: node.operands[0], y: node.results[0])]
        case .binary(let function): function.gradient(of: dy, at: node)
        case .select: Self.gradient(of: dy, condition: node.operands[0])
        case .convert: [dy.converted(to: node.operands[0].element)]
        case .stopGradient: []
        }
    }

    var definition: Definition? {
        switch self {
        case .unary(let function): function.definition
        case .binary(let function): function.definition
        case .select, .convert, .stopGradient: nil
        }
    }

    /// What flows back to the operands of a selection.
    private static func gradient(of dy: Tensor, condition: Tensor) -> [Tensor?] {
        let zeros = dy.builder.constant(0, shape: dy.shape, element: dy.element)
        return [nil, condition.selecting(dy, else: zeros), condition.selecting(zeros, else: dy)]
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// a where this tensor is not 0, else b, as torch.where; all have one shape.
    public func selecting(_ a: Tensor, else b: Tensor) -> Tensor { applying(.elementwise(.select), a, b) }

    /// The same values in `element`.
    public func converted(to element: ElementType) -> Tensor {
        element == self.element ? self : applying(.elementwise(.convert(element)))
    }

    /// The same values, through which no gradient flows.
    public func detached() -> Tensor { applying(.elementwise(.stopGradient)) }
}
