import Graph

/// The mean over all elements of (prediction − target)², as torch.nn.MSELoss.
package struct SquaredErrorLoss: ElementwiseLoss {
    package static let name = "mse"

    package func elements(_ difference: Tensor) -> Tensor { difference.squared() }
}
