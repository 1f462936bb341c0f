import Graph
import Options

/// The mean over all elements of |prediction − target|, as torch.nn.L1Loss; the derivative at 0 is 0.
package struct AbsoluteErrorLoss: ElementwiseLoss {
    package static let name = "l1"
    package let reduction: LossReduction

    package init(reduction: LossReduction = .mean) { self.reduction = reduction }

    package var options: [NamedOption] { reductionOptions }

    package func elements(_ difference: Tensor) -> Tensor { difference.magnitude() }
}
