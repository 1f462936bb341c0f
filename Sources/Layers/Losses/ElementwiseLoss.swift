import Graph
import Options

/// A loss that is the mean over all elements of a function of prediction − target, or the mean over examples of its sum
/// over outputs.
///
/// Class labels count as one-hot rows.
package protocol ElementwiseLoss: LossFunction {
    /// The loss of each element, given prediction − target.
    func elements(_ difference: Tensor) -> Tensor
    /// Whether an example's loss is the mean or the sum over its outputs.
    var reduction: LossReduction { get }
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
        let elements = elements(prediction - target)
        return switch reduction {
        case .mean: elements.meanOfExamples()
        case .sumOutputs: elements.sumOfExamples()
        }
    }

    /// The reduction as an option that is set; none for the mean.
    var reductionOptions: [NamedOption] {
        reduction == .mean ? [] : [NamedOption("reduction", .text(reduction.rawValue))]
    }
}
