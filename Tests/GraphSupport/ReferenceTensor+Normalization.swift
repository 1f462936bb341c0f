import Graph

extension ReferenceTensor {
    /// Each run of `length` elements as (x − mean) / √(variance + ε), with the variance's divisor `length`.
    func standardized(runs length: Int, epsilon: Double) -> ReferenceTensor {
        mappingRuns(length) { run, _ in
            let (mean, deviation) = Self.moments(run, epsilon)
            return run.map { ($0 - mean) / deviation }
        }
    }

    /// Layer norm: weight and bias have the shape of the last dimensions.
    func layerNorm(weight: ReferenceTensor, bias: ReferenceTensor, epsilon: Double) -> ReferenceTensor {
        let length = weight.values.count
        var y = standardized(runs: length, epsilon: epsilon)
        for element in y.values.indices {
            y.values[element] =
                y.values[element] * weight.values[element % length] + bias.values[element % length]
        }
        return y
    }

    /// (dx, dweight, dbias) of layer norm.
    func layerNormGradient(
        weight: ReferenceTensor, bias: ReferenceTensor, dy: ReferenceTensor, epsilon: Double
    ) -> [ReferenceTensor] {
        let length = weight.values.count
        return normalizationGradient(
            weight: weight, dy: dy, runs: length, epsilon: epsilon,
            weightPlaces: values.indices.map { $0 % length })
    }

    /// Group norm: weight and bias have one element per channel.
    func groupNorm(
        weight: ReferenceTensor, bias: ReferenceTensor, _ attributes: GroupNorm
    ) -> ReferenceTensor {
        var y = standardized(runs: runLength(attributes), epsilon: attributes.epsilon)
        for (element, channel) in channels.enumerated() {
            y.values[element] = y.values[element] * weight.values[channel] + bias.values[channel]
        }
        return attributes.relu ? y.applying(.relu) : y
    }

    /// (dx, dweight, dbias) of group norm.
    func groupNormGradient(
        weight: ReferenceTensor, bias: ReferenceTensor, dy: ReferenceTensor, _ attributes: GroupNorm
    ) -> [ReferenceTensor] {
        let plain = GroupNorm(groups: attributes.groups, epsilon: attributes.epsilon)
        let y = groupNorm(weight: weight, bias: bias, plain)
        let passed = attributes.relu ? y.combined(with: dy) { $0 > 0 ? $1 : 0 } : dy
        return normalizationGradient(
            weight: weight, dy: passed, runs: runLength(attributes), epsilon: attributes.epsilon,
            weightPlaces: Array(channels))
    }

    /// The mean of each channel of moments [1 + 2C].
    var channelMean: ReferenceTensor {
        let count = (values.count - 1) / 2
        return ReferenceTensor([count], Array(values[1...count]))
    }

    /// √(M2 / count + ε) of each channel of moments [1 + 2C].
    func channelDeviation(epsilon: Double) -> ReferenceTensor {
        let count = (values.count - 1) / 2
        return ReferenceTensor(
            [count], values[(1 + count)...].map { ($0 / max(1, values[0]) + epsilon).squareRoot() })
    }

    /// dx_i = Σ_j dy_j w_j ∂x̂_j/∂x_i with ∂x̂_j/∂x_i = ([i = j] − 1/n − x̂_i x̂_j/n) / σ in each run of n.
    private func normalizationGradient(
        weight: ReferenceTensor, dy: ReferenceTensor, runs length: Int, epsilon: Double, weightPlaces: [Int]
    ) -> [ReferenceTensor] {
        let normalized = standardized(runs: length, epsilon: epsilon)
        var dweight = ReferenceTensor(weight.shape, repeating: 0)
        var dbias = dweight
        for (element, place) in weightPlaces.enumerated() {
            dweight.values[place] += dy.values[element] * normalized.values[element]
            dbias.values[place] += dy.values[element]
        }
        let count = Double(length)
        let dx = mappingRuns(length) { run, start in
            let deviation = Self.moments(run, epsilon).deviation
            let xhat = Array(normalized.values[start..<start + length])
            return run.indices.map { i in
                run.indices.reduce(0) { sum, j in
                    let slope = ((i == j ? 1 : 0) - 1 / count - xhat[i] * xhat[j] / count) / deviation
                    return sum + dy.values[start + j] * weight.values[weightPlaces[start + j]] * slope
                }
            }
        }
        return [dx, dweight, dbias]
    }

    private func runLength(_ attributes: GroupNorm) -> Int {
        shape.dropFirst().reduce(1, *) / attributes.groups
    }

    private func mappingRuns(
        _ length: Int, _ transform: (_ run: [Double], _ start: Int) -> [Double]
    ) -> ReferenceTensor {
        let starts = stride(from: 0, to: values.count, by: length)
        return ReferenceTensor(
            shape, starts.flatMap { transform(Array(values[$0..<$0 + length]), $0) })
    }

    private static func moments(_ run: [Double], _ epsilon: Double) -> (mean: Double, deviation: Double) {
        let count = Double(run.count)
        let mean = run.reduce(0, +) / count
        let variance = run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        return (mean, (variance + epsilon).squareRoot())
    }
}
