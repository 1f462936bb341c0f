extension Tensor {
    /// The product of two matrices, either transposed first where told.
    public func matmul(_ other: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
        applying(.matmul(transposeA: transposeA, transposeB: transposeB), other)
    }

    /// x wᵀ + b: this tensor is [N, I], the weight [O, I], the bias [O].
    public func linear(weight: Tensor, bias: Tensor?) -> Tensor {
        if let bias { return applying(.linear(relu: false), weight, bias) }
        return applying(.linear(relu: false), weight)
    }

    /// Cross-correlation of images (N, C, H, W) with weights (O, C / groups, kh, kw).
    public func convolution(_ weight: Tensor, bias: Tensor? = nil, geometry: Convolution2d) -> Tensor {
        let y = applying(.convolution(geometry), weight)
        return bias.map { y.applying(.biasAdd(relu: false), $0) } ?? y
    }

    /// The largest element of each window; padding never wins.
    public func maxPooled(_ window: Window2d) -> Tensor { applying(.maxPool(window)) }

    /// The mean of each window, padding counted as zeros.
    public func averagePooled(_ window: Window2d) -> Tensor { applying(.averagePool(window)) }

    /// Softmax over the last dimension of rows [N, K].
    public func softmax() -> Tensor { applying(.softmax) }

    /// The logarithm of softmax over the last dimension of rows [N, K].
    public func logSoftmax() -> Tensor { applying(.logSoftmax) }

    /// One row per label with a 1 at the label.
    public func oneHot(_ classes: Int) -> Tensor { applying(.oneHot(classes)) }

    /// Each example's softmax cross-entropy with its label, from logits [N, K] and int32[N]: [N].
    public func crossEntropy(labels: Tensor) -> Tensor { applying(.crossEntropy, labels) }

    /// This tensor summed over all shards of the mini-batch.
    public func summedAcrossShards() -> Tensor { applying(.crossShardSum) }
}

extension Tensor {
    /// Normalized by the mini-batch's moments per channel, and those moments (count, mean, M2): float64[1 + 2C].
    package func batchNormalized(
        _ attributes: BatchNorm, weight: Tensor, bias: Tensor
    ) -> (y: Tensor, moments: Tensor) {
        let node = builder.addNode(.batchNorm(attributes), [value, weight.value, bias.value])
        return (Tensor(Graph.Value(node), in: builder), Tensor(Graph.Value(node, 2), in: builder))
    }

    /// Each run of as many elements as `weight` has, normalized by its own moments, then times `weight` plus `bias`,
    /// both of the shape of the last dimensions.
    package func layerNormalized(epsilon: Double, weight: Tensor, bias: Tensor) -> Tensor {
        applying(.layerNorm(epsilon: epsilon), weight, bias)
    }

    /// Each example's groups of neighbouring channels normalized by their own moments, then times `weight` plus
    /// `bias`, both (C).
    package func groupNormalized(_ attributes: GroupNorm, weight: Tensor, bias: Tensor) -> Tensor {
        applying(.groupNorm(attributes), weight, bias)
    }

    /// Zeroed with probability `rate`, else divided by 1 − rate, keyed by example and element, never by place.
    package func droppedOut(rate: Double, exampleIndices: Tensor) -> Tensor {
        applying(.dropout(rate: rate, tag: builder.nextDropoutTag()), exampleIndices)
    }
}
