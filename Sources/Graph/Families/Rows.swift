extension Operation {
    /// Rows of classes, [N, K], as the ends of models and losses have them.
    public enum Rows: Sendable, Hashable {
        /// Rows [N, K] → exp(x) / Σ exp(x).
        case softmax
        /// (y, dy) → dx of softmax.
        case softmaxGradient
        /// Rows [N, K] → x − log Σ exp(x).
        case logSoftmax
        /// (y, dy) → dx of log-softmax.
        case logSoftmaxGradient
        /// (logits [N, K], labels int32[N]) → the loss of each example [N]; 0 where the label is negative.
        case crossEntropy
        /// (logits, labels, dloss [N]) → dlogits.
        case crossEntropyGradient
        /// (logits [N, K], labels int32[N]) → float64[]: rows whose first largest element stands at the label.
        case correctCount
    }
}

extension Operation.Rows: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        switch self {
        case .softmax, .logSoftmax:
            _ = operands.matrix(0)
            return [operands[0]]
        case .softmaxGradient, .logSoftmaxGradient, .crossEntropyGradient:
            return [operands[0]]
        case .crossEntropy:
            let logits = operands.matrix(0)
            operands.require(
                operands[1] == TensorType([logits.rows], .int32),
                "labels must be int32[N], one per row of logits")
            return [TensorType([logits.rows])]
        case .correctCount:
            return [TensorType([], .float64)]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let (x, y) = (node.operands[0], node.results[0])
        switch self {
        case .softmax: return [y.applying(.rows(.softmaxGradient), dy)]
        case .logSoftmax: return [y.applying(.rows(.logSoftmaxGradient), dy)]
        case .crossEntropy: return [x.applying(.rows(.crossEntropyGradient), node.operands[1], dy)]
        case .correctCount: return []
        case .softmaxGradient, .logSoftmaxGradient, .crossEntropyGradient: noGradient()
        }
    }

    var definition: Definition? {
        switch self {
        case .softmax: return { [$0[0].shiftedLogSoftmax().exp()] }
        case .logSoftmax: return { [$0[0].shiftedLogSoftmax()] }
        case .softmaxGradient:
            return { operands in
                let (y, dy) = (operands[0], operands[1])
                return [y * (dy - (dy * y).sum([1]).broadcast(to: y.shape))]
            }
        case .logSoftmaxGradient:
            return { operands in
                let (y, dy) = (operands[0], operands[1])
                return [dy - y.exp() * dy.sum([1]).broadcast(to: y.shape)]
            }
        case .crossEntropy:
            return { operands in
                let x = operands[0]
                let chosen = operands[1].oneHot(x.shape[1]) * x.shiftedLogSoftmax()
                return [(-chosen.sum([1])).reshaped(to: [x.shape[0]])]
            }
        case .crossEntropyGradient:
            return { operands in
                let x = operands[0]
                let chosen = operands[1].oneHot(x.shape[1])
                // A row without a label counts nothing.
                let counts = chosen.sum([1]).broadcast(to: x.shape)
                let difference = (x.shiftedLogSoftmax().exp() - chosen) * counts
                return [difference * operands[2].reshaped(to: [x.shape[0], 1]).broadcast(to: x.shape)]
            }
        case .correctCount: return nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// Softmax over the last dimension of rows [N, K].
    public func softmax() -> Tensor { applying(.rows(.softmax)) }

    /// The logarithm of softmax over the last dimension of rows [N, K].
    public func logSoftmax() -> Tensor { applying(.rows(.logSoftmax)) }

    /// Each example's softmax cross-entropy with its label, from logits [N, K] and int32[N]: [N].
    public func crossEntropy(labels: Tensor) -> Tensor { applying(.rows(.crossEntropy), labels) }

    /// Log-softmax in primitives.
    fileprivate func shiftedLogSoftmax() -> Tensor {
        // Shifting by the largest logit changes nothing but the range, so its derivative is left out.
        let shifted = self - maximum([1]).detached().broadcast(to: shape)
        return shifted - shifted.exp().sum([1]).log().broadcast(to: shape)
    }
}
