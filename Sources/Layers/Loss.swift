import Graph

/// What training minimizes: a number for each example, averaged over the mini-batch.
public enum Loss: String, Sendable, Hashable, CaseIterable {
    /// Softmax cross-entropy of logits (N, K) with class labels, as torch.nn.CrossEntropyLoss.
    case crossEntropy = "cross_entropy"
    /// The mean over all elements of (prediction − target)², as torch.nn.MSELoss; class labels count as one-hot rows.
    case meanSquaredError = "mse"

    /// The loss of each example: [N].
    func perExample(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        switch self {
        case .crossEntropy:
            return prediction.crossEntropy(labels: target)
        case .meanSquaredError:
            let target = target.element == .int32 ? target.oneHot(prediction.shape[1]) : target
            let squares = (prediction - target).squared().flattened()
            return squares.mean([1]).reshaped(to: [prediction.shape[0]])
        }
    }
}

/// What a data set says about its examples beside their features.
public enum TargetKind: Sendable, Hashable {
    /// A class label below this number.
    case classes(Int)
    /// A tensor of this shape.
    case values([Int])
    /// Nothing: only predictions can be made.
    case none
}
