extension Operation {
    /// Normalization of channels over the examples of a mini-batch.
    ///
    /// Moments are float64[1 + 2C]: the count, then the mean of each channel, then its M2 = Σ (x − mean)². x̂ is x normalized
    /// by them.
    public enum BatchNormalization: Sendable, Hashable {
        /// (x [N, C, ...], weight [C], bias [C]) → (y, moments it was normalized with, moments of the mini-batch).
        ///
        /// No kernel computes it whole: `Graph.loweringBatchNorm()` splits it where moments cross shards.
        case batchNorm(BatchNorm)
        /// (x, mean [C], variance [C], weight [C], bias [C]) → y with given statistics.
        case batchNormInference(BatchNorm)
        /// (x, moments, weight, bias) → y.
        case batchNormApply(BatchNorm)
        /// (x, moments, weight, bias, dy) → float64[2C]: Σ dy and Σ dy·x̂ of the shard.
        case batchNormGradientSums(BatchNorm)
        /// (x, moments, weight, bias, dy, sums) → dx.
        case batchNormInputGradient(BatchNorm)
        /// sums float64[2C] → float32[C], the gradient of the bias (first half) or of the weight (second half).
        case batchNormParameterGradient(ofWeight: Bool)
        /// x [N, C, ...] → the moments of the shard.
        case channelMoments
        /// moments → float32[C]: the mean of each channel.
        case channelMean
        /// moments → float32[C]: √(M2 / count + ε) of each channel.
        case channelDeviation(epsilon: Double)
        /// (moments, running mean [C]) → (1 − m) running + m mean.
        case runningMean(momentum: Double)
        /// (moments, running variance [C]) → (1 − m) running + m M2 / (count − 1).
        case runningVariance(momentum: Double)
    }
}

/// What batch norm's nodes have in common.
public struct BatchNorm: Sendable, Hashable {
    /// Added to the variance.
    public let epsilon: Double
    /// Whether moments are merged over all shards of the mini-batch.
    public let synchronized: Bool
    /// Whether a ReLU follows, fused.
    public let relu: Bool

    public init(epsilon: Double, synchronized: Bool, relu: Bool = false) {
        self.epsilon = epsilon
        self.synchronized = synchronized
        self.relu = relu
    }

    package var withRelu: BatchNorm { BatchNorm(epsilon: epsilon, synchronized: synchronized, relu: true) }
}

extension Operation.BatchNormalization: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        switch self {
        case .batchNorm:
            let moments = TensorType([1 + 2 * operands.channels()], .float64)
            return [operands[0], moments, moments]
        case .batchNormInference, .batchNormApply:
            _ = operands.channels()
            return [operands[0]]
        case .batchNormGradientSums:
            return [TensorType([2 * operands.channels()], .float64)]
        case .batchNormInputGradient:
            return [operands[0]]
        case .batchNormParameterGradient:
            return [TensorType([operands[0].shape[0] / 2])]
        case .channelMoments:
            return [TensorType([1 + 2 * operands.channels()], .float64)]
        case .channelMean, .channelDeviation:
            return [TensorType([(operands[0].shape[0] - 1) / 2])]
        case .runningMean, .runningVariance:
            return [operands[1]]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        switch self {
        case .batchNorm(let attributes): Self.gradient(attributes, dy, node)
        case .channelMoments, .channelMean, .channelDeviation, .runningMean, .runningVariance: []
        case .batchNormInference, .batchNormApply, .batchNormGradientSums, .batchNormInputGradient,
            .batchNormParameterGradient:
            noGradient()
        }
    }

    var definition: Definition? {
        switch self {
        case .batchNorm(let attributes): return { Self.definition(attributes, $0) }
        case .batchNormInference(let attributes):
            return { operands in
                // The numbers of a channel are made once, not for every element.
                let scale = operands[3] / (operands[2] + attributes.epsilon).squareRoot()
                let shift = operands[4] - operands[1] * scale
                return [operands[0].affine(scale, shift, relu: attributes.relu)]
            }
        case .batchNormApply, .batchNormGradientSums, .batchNormInputGradient, .batchNormParameterGradient,
            .channelMoments, .channelMean, .channelDeviation, .runningMean, .runningVariance:
            return nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }

    /// With x̂ normalized by the mini-batch's own moments, dx depends on Σ dy and Σ dy·x̂ over the same examples.
    private static func gradient(
        _ attributes: BatchNorm, _ dy: Tensor, _ node: BackwardNode
    ) -> [Tensor?] {
        let (x, weight, bias) = (node.operands[0], node.operands[1], node.operands[2])
        let (moments, wanted) = (node.results[1], node.wanted)
        func made(_ operation: Self, _ x: Tensor, _ others: Tensor...) -> Tensor {
            Tensor(
                dy.builder.add(.batchNormalization(operation), [x.value] + others.map(\.value)),
                in: dy.builder)
        }
        let sums = made(.batchNormGradientSums(attributes), x, moments, weight, bias, dy)
        let total = attributes.synchronized ? sums.summedAcrossShards() : sums
        return [
            wanted[0]
                ? made(.batchNormInputGradient(attributes), x, moments, weight, bias, dy, total) : nil,
            wanted[1] ? made(.batchNormParameterGradient(ofWeight: true), sums) : nil,
            wanted[2] ? made(.batchNormParameterGradient(ofWeight: false), sums) : nil,
        ]
    }

    private static func definition(_ attributes: BatchNorm, _ operands: [Tensor]) -> [Tensor] {
        let x = operands[0]
        let axes = x.shape.indices.filter { $0 != 1 }
        let perExample = x.shape.dropFirst(2).reduce(1, *)
        var statisticsShape = Array(repeating: 1, count: x.shape.count)
        statisticsShape[1] = x.shape[1]
        let count =
            attributes.synchronized
            ? (x.builder.batchCount * Double(perExample)).filled(statisticsShape)
            : x.builder.constant(Double(x.shape[0] * perExample), shape: statisticsShape)
        func mean(_ y: Tensor) -> Tensor {
            let sum = y.sum(axes)
            return (attributes.synchronized ? sum.summedAcrossShards() : sum) / count
        }
        let centered = x - mean(x).broadcast(to: x.shape)
        let deviation = (mean(centered.squared()) + attributes.epsilon).squareRoot()
        let scale = operands[1].reshaped(to: statisticsShape) / deviation
        let scaled = centered * scale.broadcast(to: x.shape)
        let y = (scaled + operands[2].alongChannels(of: x.shape)).activated(attributes.relu)
        let local = x.channelMoments()
        let merged = local.mergedAcrossShards()
        return [y, attributes.synchronized ? merged : local, merged]
    }
}

extension Tensor {
    /// Normalized by the mini-batch's moments per channel, and those moments (count, mean, M2): float64[1 + 2C].
    package func batchNormalized(
        _ attributes: BatchNorm, weight: Tensor, bias: Tensor
    ) -> (y: Tensor, moments: Tensor) {
        let node = builder.addNode(
            .batchNormalization(.batchNorm(attributes)), [value, weight.value, bias.value])
        return (Tensor(Graph.Value(node), in: builder), Tensor(Graph.Value(node, 2), in: builder))
    }

    /// The shard's moments of each channel of (N, C, ...): float64[1 + 2C].
    package func channelMoments() -> Tensor { applying(.batchNormalization(.channelMoments)) }

    /// Moments merged over all shards of the mini-batch.
    package func mergedAcrossShards() -> Tensor { applying(.collective(.crossShardMoments)) }

    /// Every channel times its weight plus its bias, both (C), then ReLU if told.
    func affine(_ weight: Tensor, _ bias: Tensor, relu: Bool) -> Tensor {
        (self * weight.alongChannels(of: shape) + bias.alongChannels(of: shape)).activated(relu)
    }
}
