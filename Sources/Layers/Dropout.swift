import Graph

/// In training zeroes elements with probability `rate` and divides the others by 1 − rate, as torch.nn.Dropout
/// (Srivastava et al. 2014).
///
/// The elements are chosen by a counter-based function of (seed, step, the example's place in the data set, the
/// element), so that the choice does not depend on ranks, threads or memory layouts.
public struct Dropout: Layer {
    private let rate: Double

    /// Dropout of `rate` in [0, 1).
    public init(_ rate: Double = 0.5) {
        precondition((0..<1).contains(rate), "the dropout rate must be in [0, 1), got \(rate)")
        self.rate = rate
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        guard x.builder.dropsOut, rate > 0 else { return x }
        let indices = x.builder.input(.exampleIndices, TensorType([x.shape[0]], .int64))
        return x.droppedOut(rate: rate, exampleIndices: indices)
    }
}
