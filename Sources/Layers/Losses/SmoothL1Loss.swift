import Graph
import Options

/// The mean over all elements of d²/(2β) where |d| ≤ β, else |d| − β/2, d = prediction − target, as
/// torch.nn.SmoothL1Loss: the Huber loss with δ = β, divided by β.
package struct SmoothL1Loss: ElementwiseLoss {
    package static let name = "smooth_l1"
    /// β, in the unit of the targets, above 0: where the quadratic part ends.
    package let beta: Double
    package let reduction: LossReduction

    package init(beta: Double = 1, reduction: LossReduction = .mean) {
        precondition(beta > 0 && Float(beta).isFinite, "beta must be a finite number above 0, got \(beta)")
        self.beta = beta
        self.reduction = reduction
    }

    package var options: [NamedOption] { [NamedOption("beta", .number(beta))] + reductionOptions }

    package func elements(_ difference: Tensor) -> Tensor {
        HuberLoss(delta: beta).elements(difference) * (1 / beta)
    }
}
