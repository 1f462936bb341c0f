/// An inner product over one tensor that a `MeasuredRule` asks for: of the weights θ, the gradient g before the rule's
/// first pass, and the direction u that this pass has put in its place.
public enum TensorProduct: Sendable, Hashable, CaseIterable {
    /// θᵀθ.
    case weights
    /// gᵀg.
    case gradient
    /// uᵀu.
    case direction
    /// gᵀu.
    case gradientDirection
    /// θᵀu.
    case weightsDirection
}
