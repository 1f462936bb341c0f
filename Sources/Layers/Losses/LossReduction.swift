/// How the losses of an example's outputs become the example's loss; raw values are those of the option `reduction`.
///
/// The mini-batch's loss is the mean over examples either way.
public enum LossReduction: String, Sendable, Hashable, CaseIterable {
    /// The mean over the outputs, so that the loss is the mean over all elements, as PyTorch's default.
    case mean
    /// The sum over the outputs, as textbooks write ‖ŷ − y‖²; with K outputs loss and gradient are K times as large.
    case sumOutputs = "sum_outputs"
}
