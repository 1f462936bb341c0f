/// An inner product over one tensor that a `MeasuredRule` wants to know, among θ, g as it was before the rule's first
/// pass, and u, what that pass left in g's place.
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
