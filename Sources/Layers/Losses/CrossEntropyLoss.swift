import Graph
import Messages
import Options

/// Softmax cross-entropy of logits (N, K) with class labels y, as torch.nn.CrossEntropyLoss; of logits (N, T, K) or
/// (N, K, H, W) with a label for each position.
///
/// With smoothing ε and class weights w an example's loss is −Σ_c q_c log softmax(x)_c with
/// q_c = w_c ((1 − ε) [c = y] + ε/K), and the mean is Σ loss ÷ Σ w_y over the mini-batch; without weights w = 1. Positions
/// with the label `ignoreIndex` do not count. Numeric targets are probabilities t_c instead of [c = y], and the mean is
/// that over all positions.
///
/// Reference for smoothing: Szegedy et al., "Rethinking the Inception architecture", CVPR 2016, arXiv:1512.00567.
package struct CrossEntropyLoss: LossFunction {
    package static let name = "cross_entropy"
    /// ε in [0, 1]: the part of each label that is spread over all classes.
    package let labelSmoothing: Double
    /// w, one per output of the model; nil for 1 each.
    package let classWeights: [Double]?
    /// The label of positions that do not count.
    package let ignoreIndex: Int

    package init(
        labelSmoothing: Double = 0, classWeights: [Double]? = nil, ignoreIndex: Int = Self.torchIgnoreIndex
    ) {
        precondition(
            (0...1).contains(labelSmoothing), "label smoothing must be in [0, 1], got \(labelSmoothing)")
        if let classWeights {
            precondition(
                classWeights.allSatisfy { $0 >= 0 && Float($0).isFinite }
                    && classWeights.contains { Float($0) > 0 },
                "class weights must be at least 0 and one of them above, got \(classWeights)")
        }
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
        self.ignoreIndex = ignoreIndex
    }

    /// PyTorch's default.
    package static let torchIgnoreIndex = -100

    package var needsClasses: Bool { true }

    package var comparesDistributions: Bool { true }

    package var targetRange: ClosedRange<Float>? { 0...1 }

    package var options: [NamedOption] {
        var options: [NamedOption] = []
        if labelSmoothing > 0 { options.append(NamedOption("label_smoothing", .number(labelSmoothing))) }
        if let classWeights { options.append(NamedOption("class_weights", .numbers(classWeights))) }
        if ignoreIndex != Self.torchIgnoreIndex {
            options.append(NamedOption("ignore_index", .whole(ignoreIndex)))
        }
        return options
    }

    package func check(output: [Int], target: TargetKind) throws(ModelError) {
        switch target {
        case .classes(let classes): try requireScores(output, classes: classes)
        case .values(let values):
            guard values.reduce(1, *) > 1 else {
                throw ModelError(
                    "cross_entropy needs class labels, the data has numeric targets: use loss: mse",
                    about: .loss)
            }
            try requireShape(output, values: values)
        case .none: return
        }
        let classes = output[output.count == 2 ? 1 : 0]
        if let classWeights, classWeights.count != classes {
            throw ModelError(
                "has \(counted(classWeights.count, "weight")), the model has \(counted(classes, "output")): give one for each",
                path: "class_weights", about: .loss)
        }
    }

    package func perExample(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        let hasLabels = target.element == .int32
        // Without smoothing and weights there is a fused operation.
        guard labelSmoothing > 0 || classWeights != nil || !hasLabels else {
            return prediction.crossEntropy(labels: target)
        }
        let shape = prediction.shape
        var wanted = hasLabels ? target.oneHot(shape[1]) : target
        if labelSmoothing > 0 {
            wanted = wanted * (1 - labelSmoothing) + labelSmoothing / Double(shape[1])
        }
        if let classWeights {
            let weights = prediction.builder.numbers(classWeights, shape: [1, shape[1]])
            wanted = wanted * weights.broadcast(to: shape)
        }
        return (-(wanted * prediction.logSoftmax()).sum([1])).reshaped(to: [shape[0]])
    }

    package func estimate(_ prediction: Tensor) -> Tensor { prediction.softmax() }
}
