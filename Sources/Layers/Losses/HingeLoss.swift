import Graph
import Options

/// A penalty for scores that win by less than a margin: the amount that is missing.
///
/// With class labels y and K scores x an example's loss is Σ_{j≠y} max(0, margin − x_y + x_j) / K, as
/// torch.nn.MultiMarginLoss with p = 1 (Crammer and Singer 2001). With a single output x the two classes are t = −1 and
/// 1 and the loss is max(0, margin − t x). Numeric targets t from −1 to 1 have the same loss, averaged over elements.
/// The derivative at the margin itself is 0.
package struct HingeLoss: LossFunction {
    package static let name = "hinge"
    /// By how much the right score has to win, above 0.
    package let margin: Double

    package init(margin: Double = 1) {
        precondition(
            margin > 0 && Float(margin).isFinite, "the margin must be a finite number above 0, got \(margin)")
        self.margin = margin
    }

    package var options: [NamedOption] { [NamedOption("margin", .number(margin))] }

    package var readsSign: Bool { true }

    package var targetRange: ClosedRange<Float>? { -1...1 }

    package func check(output: [Int], target: TargetKind) throws(ModelError) {
        switch target {
        case .classes(let classes):
            if !isBinary(output: output, target: target) { try requireScores(output, classes: classes) }
        case .values(let values): try requireShape(output, values: values)
        case .none: break
        }
    }

    package func perExample(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        guard target.element == .int32 else { return missing(target * prediction).meanOfExamples() }
        let shape = prediction.shape
        let builder = prediction.builder
        guard shape[1] > 1 else {
            let rows = [shape[0], 2]
            let signs = builder.numbers([-1, 1], shape: [1, 2]).broadcast(to: rows)
            return missing((target.oneHot(2) * signs).sum([1]) * prediction).meanOfExamples()
        }
        let chosen = target.oneHot(shape[1])
        let right = (chosen * prediction).sum([1]).broadcast(to: shape)
        // The term of the label itself is the margin, whatever the scores are, and does not count.
        return (missing(right - prediction) * (-chosen + 1)).meanOfExamples()
    }

    private func missing(_ lead: Tensor) -> Tensor { (-lead + margin).relu() }
}
