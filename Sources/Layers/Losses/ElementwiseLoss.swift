import Graph

/// A loss that is the mean over all elements of a function of prediction − target.
///
/// Class labels count as one-hot rows.
package protocol ElementwiseLoss: LossFunction {
    /// The loss of each element, given prediction − target.
    func elements(_ difference: Tensor) -> Tensor
}

extension ElementwiseLoss {
    package var comparesNumbers: Bool { true }

    package func check(output: [Int], target: TargetKind) throws(ModelError) {
        switch target {
        case .classes(let classes): try requireScores(output, classes: classes)
        case .values(let values): try requireShape(output, values: values)
        case .none: break
        }
    }

    package func perExample(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        let target = target.element == .int32 ? target.oneHot(prediction.shape[1]) : target
        return elements(prediction - target).meanOfExamples()
    }
}
