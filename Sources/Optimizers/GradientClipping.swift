import Options

/// Clipping of the gradient by its global norm or element by element, as torch.nn.utils.clip_grad_norm_ and
/// clip_grad_value_ do it; off by default.
///
/// By norm: with ‖g‖ the Euclidean norm over all parameters of the reduced gradient, every element is multiplied by
///
///     c = min(1, max_norm / (‖g‖ + 1e-6))
///
/// The coefficient is a pure function of the Float64 norm, so ranks with the same norm compute the same coefficient.
/// Where c is 1 the gradient can be left alone: multiplying would change no bit.
///
/// By value: every element of the reduced gradient is clamped to [−v, v].
///
/// Reference: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML
/// 2013, arXiv:1211.5063.
///
/// Example:
///
///     let clipping = try GradientClipping(maximumNorm: 1)
///     clipping.coefficient(norm: 0.5)                     // 1
///     clipping.coefficient(norm: 4)                       // 1 / 4.000001
///     GradientClipping.off.coefficient(norm: 4)           // 1
///     try GradientClipping(maximumValue: 2).maximumValue  // 2
public struct GradientClipping: Sendable, Hashable {
    /// max_norm, above 0, in the units of the gradient; nil for no clipping by norm.
    public let maximumNorm: Double?
    /// v, above 0, in the units of the gradient; nil for no clipping by value. At most one of the two is set.
    public let maximumValue: Double?

    /// No clipping.
    public static let off = GradientClipping()

    /// Clips to this norm; throws (with the key "max_norm") unless it is finite and above 0.
    public init(maximumNorm: Double) throws(OptionError) {
        try AllowedNumbers.positive.check(maximumNorm, key: "max_norm")
        self.maximumNorm = maximumNorm
        maximumValue = nil
    }

    /// Clips every element to this size; throws (with the key "clip_value") unless it is finite and above 0.
    public init(maximumValue: Double) throws(OptionError) {
        try AllowedNumbers.positive.check(maximumValue, key: "clip_value")
        maximumNorm = nil
        self.maximumValue = maximumValue
    }

    /// The factor c for a gradient of this norm: from 0 to 1; NaN for NaN, 0 for an infinite norm. Without clipping by
    /// norm it is 1.
    ///
    /// - Parameter norm: ‖g‖ before clipping, at least 0.
    public func coefficient(norm: Double) -> Double {
        guard let maximumNorm else { return 1 }
        let coefficient = maximumNorm / (norm + 1e-6)
        return coefficient > 1 ? 1 : coefficient
    }

    private init() {
        maximumNorm = nil
        maximumValue = nil
    }
}
