import Graph

/// The mean over all elements of |prediction − target|, as torch.nn.L1Loss; the derivative at 0 is 0.
package struct AbsoluteErrorLoss: ElementwiseLoss {
    package static let name = "l1"

    package func elements(_ difference: Tensor) -> Tensor { difference.magnitude() }
}
