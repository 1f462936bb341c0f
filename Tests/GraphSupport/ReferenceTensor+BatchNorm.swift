import Graph

extension ReferenceTensor {
    /// (count, mean per channel, M2 per channel) of all `parts` together, by two passes: [1 + 2C].
    ///
    /// Without any element, means and M2 are zero.
    static func channelMoments(of parts: [ReferenceTensor]) -> ReferenceTensor {
        let channelCount = parts[0].shape[1]
        let perExample = parts[0].shape.dropFirst(2).reduce(1, *)
        let count = Double(parts.map { $0.shape[0] }.reduce(0, +) * perExample)
        var means = Array(repeating: 0.0, count: channelCount)
        var squares = means
        for part in parts {
            for (element, channel) in part.channels.enumerated() {
                means[channel] += part.values[element] / count
            }
        }
        for part in parts {
            for (element, channel) in part.channels.enumerated() {
                let centered = part.values[element] - means[channel]
                squares[channel] += centered * centered
            }
        }
        return ReferenceTensor([1 + 2 * channelCount], [count] + means + squares)
    }

    /// Moments of several parts merged: Σ nᵢ, the weighted mean of means, Σ M2ᵢ + Σ nᵢ (meanᵢ − mean)².
    static func mergedMoments(_ parts: [ReferenceTensor]) -> ReferenceTensor {
        let channelCount = (parts[0].values.count - 1) / 2
        let count = parts.map { $0.values[0] }.reduce(0, +)
        var means: [Double] = []
        var squares: [Double] = []
        for channel in 0..<channelCount {
            let mean = parts.map { $0.values[0] * $0.values[1 + channel] }.reduce(0, +) / max(1, count)
            means.append(mean)
            squares.append(
                parts.map { part in
                    let difference = part.values[1 + channel] - mean
                    return part.values[1 + channelCount + channel] + part.values[0] * difference * difference
                }.reduce(0, +))
        }
        return ReferenceTensor(parts[0].shape, [count] + means + squares)
    }

    /// (x − mean) / √(variance + ε) · weight + bias per channel, then ReLU if told; statistics are [C].
    func batchNormInference(
        mean: ReferenceTensor, variance: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor,
        _ attributes: BatchNorm
    ) -> ReferenceTensor {
        var y = self
        for (element, c) in channels.enumerated() {
            let normalized =
                (values[element] - mean.values[c]) / (variance.values[c] + attributes.epsilon).squareRoot()
            y.values[element] = normalized * weight.values[c] + bias.values[c]
        }
        return attributes.relu ? y.applying(.relu) : y
    }

    /// The same with the mean and the biased variance of `moments`, [1 + 2C].
    func batchNormApply(
        moments: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor, _ attributes: BatchNorm
    ) -> ReferenceTensor {
        let (mean, variance) = moments.meanAndVariance(divisor: moments.values[0])
        return batchNormInference(mean: mean, variance: variance, weight: weight, bias: bias, attributes)
    }

    /// Σ dy' and Σ dy'·x̂ per channel, dy' being dy where the fused ReLU, if any, let y through: [2C].
    func batchNormGradientSums(
        moments: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor, dy: ReferenceTensor,
        _ attributes: BatchNorm
    ) -> ReferenceTensor {
        let (normalized, passed) = backwardTerms(moments, weight, bias, dy, attributes)
        var sums = ReferenceTensor([2 * shape[1]], repeating: 0)
        for (element, channel) in channels.enumerated() {
            sums.values[channel] += passed.values[element]
            sums.values[shape[1] + channel] += passed.values[element] * normalized.values[element]
        }
        return sums
    }

    /// dx = weight/σ · (dy' − Σ dy'/n − x̂ · Σ dy'x̂/n) with the sums over the n elements the moments count.
    func batchNormInputGradient(
        moments: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor, dy: ReferenceTensor,
        sums: ReferenceTensor, _ attributes: BatchNorm
    ) -> ReferenceTensor {
        let (normalized, passed) = backwardTerms(moments, weight, bias, dy, attributes)
        let count = moments.values[0]
        let (_, variance) = moments.meanAndVariance(divisor: count)
        var dx = self
        for (element, channel) in channels.enumerated() {
            let scale = weight.values[channel] / (variance.values[channel] + attributes.epsilon).squareRoot()
            let mean = sums.values[channel] / count
            let slope = sums.values[shape[1] + channel] / count
            dx.values[element] = scale * (passed.values[element] - mean - normalized.values[element] * slope)
        }
        return dx
    }

    /// (1 − m) running + m · mean: this tensor is the moments.
    func runningMean(_ running: ReferenceTensor, momentum: Double) -> ReferenceTensor {
        running.combined(with: meanAndVariance(divisor: 1).mean) { (1 - momentum) * $0 + momentum * $1 }
    }

    /// (1 − m) running + m · M2 / (count − 1): this tensor is the moments.
    func runningVariance(_ running: ReferenceTensor, momentum: Double) -> ReferenceTensor {
        running.combined(with: meanAndVariance(divisor: values[0] - 1).variance) {
            (1 - momentum) * $0 + momentum * $1
        }
    }

    private func backwardTerms(
        _ moments: ReferenceTensor, _ weight: ReferenceTensor, _ bias: ReferenceTensor, _ dy: ReferenceTensor,
        _ attributes: BatchNorm
    ) -> (normalized: ReferenceTensor, passed: ReferenceTensor) {
        let one = ReferenceTensor(weight.shape, repeating: 1)
        let zero = ReferenceTensor(weight.shape, repeating: 0)
        let plain = BatchNorm(epsilon: attributes.epsilon, synchronized: attributes.synchronized)
        let normalized = batchNormApply(moments: moments, weight: one, bias: zero, plain)
        guard attributes.relu else { return (normalized, dy) }
        let y = batchNormApply(moments: moments, weight: weight, bias: bias, plain)
        return (normalized, y.combined(with: dy) { $0 > 0 ? $1 : 0 })
    }

    private func meanAndVariance(divisor: Double) -> (mean: ReferenceTensor, variance: ReferenceTensor) {
        let channelCount = (values.count - 1) / 2
        return (
            ReferenceTensor([channelCount], Array(values[1...channelCount])),
            ReferenceTensor([channelCount], values[(1 + channelCount)...].map { $0 / divisor })
        )
    }
}
