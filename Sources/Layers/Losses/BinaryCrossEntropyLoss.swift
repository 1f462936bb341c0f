import Graph
import Messages
import Options

/// The mean over all elements of −[p t log σ(x) + (1 − t) log(1 − σ(x))] of logits x, as torch.nn.BCEWithLogitsLoss.
///
/// It is computed as p t softplus(−x) + (1 − t) softplus(x), whose derivative (1 − t) σ(x) − p t σ(−x) stays exact to
/// rounding however large |x| is. Targets t are numbers from 0 to 1 in the model's output shape, or class labels: 0 and
/// 1 for a model with one output, one-hot rows for one with more.
package struct BinaryCrossEntropyLoss: LossFunction {
    package static let name = "binary_cross_entropy"
    /// p, at least 0: one for all outputs, or one per output; nil for 1.
    package let positiveWeights: [Double]?

    package init(positiveWeights: [Double]? = nil) {
        if let positiveWeights {
            precondition(
                !positiveWeights.isEmpty && positiveWeights.allSatisfy { $0 >= 0 && Float($0).isFinite },
                "positive weights must be finite numbers, at least 0, got \(positiveWeights)")
        }
        self.positiveWeights = positiveWeights
    }

    package var options: [NamedOption] {
        guard let positiveWeights else { return [] }
        let value: OptionValue =
            positiveWeights.count == 1 ? .number(positiveWeights[0]) : .numbers(positiveWeights)
        return [NamedOption("pos_weight", value)]
    }

    package var readsSign: Bool { true }

    package var targetRange: ClosedRange<Float>? { 0...1 }

    package func check(output: [Int], target: TargetKind) throws(ModelError) {
        switch target {
        case .classes(let classes):
            if !isBinary(output: output, target: target) { try requireScores(output, classes: classes) }
        case .values(let values): try requireShape(output, values: values)
        case .none: return
        }
        guard let positiveWeights, positiveWeights.count > 1 else { return }
        guard output == [positiveWeights.count] else {
            throw ModelError(
                "has \(counted(positiveWeights.count, "weight")), the model has outputs of shape \(output): give one number, or one for each output",
                path: "pos_weight", about: .loss)
        }
    }

    package func perExample(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        let truth = target.element == .int32 ? Self.truth(target, outputs: prediction.shape[1]) : target
        var positive = truth * (-prediction).softplus()
        if let positiveWeights {
            if positiveWeights.count == 1 {
                positive = positive * positiveWeights[0]
            } else {
                let weights = prediction.builder.numbers(positiveWeights, shape: [1, positiveWeights.count])
                positive = positive * weights.broadcast(to: prediction.shape)
            }
        }
        return (positive + (-truth + 1) * prediction.softplus()).meanOfExamples()
    }

    package func estimate(_ prediction: Tensor) -> Tensor { prediction.sigmoid() }

    /// Labels as 0 and 1: for one output the label itself, else one-hot rows.
    private static func truth(_ labels: Tensor, outputs: Int) -> Tensor {
        guard outputs == 1 else { return labels.oneHot(outputs) }
        let shape = [labels.shape[0], 2]
        let values = labels.builder.numbers([0, 1], shape: [1, 2]).broadcast(to: shape)
        return (labels.oneHot(2) * values).sum([1])
    }
}
