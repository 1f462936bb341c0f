/// What a family of operations says of each of its members.
///
/// A family is an enum; its functions switch over every case without a `default`, so that an operation that is added does
/// not compile until all of this is said of it.
protocol OperationFamily: Sendable, Hashable {
    /// The types of the results; operands that do not fit are programmer errors.
    func types(of operands: OperandTypes) -> [TensorType]

    /// What flows back to the operands, in their order, when `dy` flows back into the first result.
    ///
    /// The list ends with the last operand that has a derivative; one that is not wanted, or to which nothing flows, is nil.
    /// Composites and what they are taken apart for may have no gradient of their own: `noGradient()`.
    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?]

    /// For a composite its results from its operands, written in primitives; nil for a primitive.
    ///
    /// The composite computes the same values faster; tests hold the two equal.
    var definition: Definition? { get }

    /// Floating-point operations, a multiplication and an addition counting as two: of products and convolutions alone,
    /// beside which the rest does not count.
    func flops(operands: [TensorType], results: [TensorType]) -> Int
}

/// Makes a composite's results of its operands.
typealias Definition = ([Tensor]) -> [Tensor]

/// A node through which gradients flow back.
struct BackwardNode {
    let operands: [Tensor]
    let results: [Tensor]
    /// The objective's derivative in each result; nil where it does not depend on it.
    let cotangents: [Tensor?]
    /// Which operands lead to a target; the others' gradients need not be made.
    let wanted: [Bool]
}

extension OperationFamily {
    /// Stops: the gradient of a composite's fast gradient is only written in primitives.
    func noGradient() -> Never {
        preconditionFailure("\(self) has no derivative of its own; decompose the graph first")
    }
}
