import Graph
import Options

/// The mean over all elements of d²/2 where |d| ≤ δ, else δ (|d| − δ/2), d = prediction − target, as torch.nn.HuberLoss.
///
/// Reference: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.
package struct HuberLoss: ElementwiseLoss {
    package static let name = "huber"
    /// δ, in the unit of the targets, above 0: where the quadratic part ends.
    package let delta: Double
    package let reduction: LossReduction

    package init(delta: Double = 1, reduction: LossReduction = .mean) {
        precondition(
            delta > 0 && Float(delta).isFinite, "delta must be a finite number above 0, got \(delta)")
        self.delta = delta
        self.reduction = reduction
    }

    package var options: [NamedOption] { [NamedOption("delta", .number(delta))] + reductionOptions }

    /// With c = d clamped to −δ ... δ the loss is c (d − c/2): no branch and no cancellation.
    package func elements(_ difference: Tensor) -> Tensor {
        let held = difference.clamped(limit: delta)
        return held * (difference - held * 0.5)
    }
}
