import Graph
import Options

/// The mean over all elements of (prediction − target)², as torch.nn.MSELoss.
package struct SquaredErrorLoss: ElementwiseLoss {
    package static let name = "mse"
    package let reduction: LossReduction

    package init(reduction: LossReduction = .mean) { self.reduction = reduction }

    package var options: [NamedOption] { reductionOptions }

    package func elements(_ difference: Tensor) -> Tensor { difference.squared() }
}
