import Glibc

extension ReferenceTensor {
    /// exp(x) / Σ exp(x) of each row.
    func softmax() -> ReferenceTensor { logSoftmax().map { exp($0) } }

    /// x − log Σ exp(x) of each row.
    func logSoftmax() -> ReferenceTensor {
        mappingRows { row in
            let largest = row.max() ?? 0
            let logSum = log(row.map { exp($0 - largest) }.reduce(0, +))
            return row.map { $0 - largest - logSum }
        }
    }

    /// dx of softmax: this tensor is y; dx_j = Σ_k dy_k ∂y_k/∂x_j with ∂y_k/∂x_j = y_k ([j = k] − y_j).
    func softmaxGradient(_ dy: ReferenceTensor) -> ReferenceTensor {
        pairingRows(dy) { y, dy in
            y.indices.map { j in y.indices.map { k in dy[k] * y[k] * ((j == k ? 1 : 0) - y[j]) }.reduce(0, +)
            }
        }
    }

    /// dx of log-softmax: this tensor is y; dx_j = Σ_k dy_k ([j = k] − exp(y_j)).
    func logSoftmaxGradient(_ dy: ReferenceTensor) -> ReferenceTensor {
        pairingRows(dy) { y, dy in
            y.indices.map { j in y.indices.map { k in dy[k] * ((j == k ? 1 : 0) - exp(y[j])) }.reduce(0, +) }
        }
    }

    /// −log softmax(x)[label] of each row: [N].
    func crossEntropy(labels: ReferenceTensor) -> ReferenceTensor {
        let logarithms = logSoftmax()
        let losses = labels.values.enumerated().map { row, label in
            label < 0 ? 0 : -logarithms.values[row * shape[1] + Int(label)]
        }
        return ReferenceTensor([shape[0]], losses)
    }

    /// dlogits of the cross-entropy: dloss (softmax(x)_j − [j = label]).
    func crossEntropyGradient(labels: ReferenceTensor, dloss: ReferenceTensor) -> ReferenceTensor {
        var result = softmax()
        for row in 0..<shape[0] {
            for j in 0..<shape[1] {
                let chosen = j == Int(labels.values[row]) ? 1.0 : 0
                let place = row * shape[1] + j
                let counts = labels.values[row] >= 0
                result.values[place] = counts ? dloss.values[row] * (result.values[place] - chosen) : 0
            }
        }
        return result
    }

    /// How many rows have their first largest element at the label; NaN is larger than any.
    func correctCount(labels: ReferenceTensor) -> ReferenceTensor {
        let correct = (0..<shape[0]).filter { row in
            let logits = Array(values[row * shape[1]..<(row + 1) * shape[1]])
            var best = 0
            for j in logits.indices where Self.isLarger(logits[j], than: logits[best]) { best = j }
            return best == Int(labels.values[row])
        }
        return ReferenceTensor(Double(correct.count))
    }

    private func mappingRows(_ transform: ([Double]) -> [Double]) -> ReferenceTensor {
        let rows = (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
        return ReferenceTensor(shape, rows.flatMap(transform))
    }

    private func pairingRows(
        _ other: ReferenceTensor, _ transform: ([Double], [Double]) -> [Double]
    ) -> ReferenceTensor {
        let ranges = (0..<shape[0]).map { $0 * shape[1]..<($0 + 1) * shape[1] }
        return ReferenceTensor(
            shape, ranges.flatMap { transform(Array(values[$0]), Array(other.values[$0])) })
    }
}
