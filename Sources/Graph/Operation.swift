/// What a node of the graph computes.
///
/// Dimension letters: N examples of the shard, C channels, H and W pixels, K classes, I and O the inputs and
/// outputs of a dense layer. Primitives have a derivative written in primitives; composites are fast forms with a
/// decomposition into primitives (`Graph.decomposed()`).
public enum Operation: Sendable, Hashable {
    // MARK: Leaves

    /// A tensor supplied with every shard.
    case input(GraphInput)
    /// The trainable variable of this index.
    case parameter(Int)
    /// The non-trainable variable of this index, such as a running mean.
    case state(Int)
    /// The trainable variable's part of a vector over all of them, given with the run and the same on all shards: the
    /// direction of a derivative.
    case direction(Int)
    /// A tensor filled with one value; its type is given when the node is made.
    case constant(Double)
    /// The number of examples of the whole mini-batch, over all shards: float32[].
    case batchCount
    /// These numbers in row-major order; the type is given when the node is made.
    case numbers([Double])
    /// Σ weights[label] over the examples of the whole mini-batch, over all shards: float32[]; infinity where that
    /// is 0, so that a mini-batch without weight has the loss 0 and no gradient.
    case labelWeightSum([Double])

    // MARK: Element-wise primitives

    /// y = f(x), element by element.
    case unary(Unary)
    /// z = f(x, y), element by element, equal shapes.
    case binary(Binary)
    /// The same values in another element type.
    case convert(ElementType)
    /// The same values; the derivative is zero.
    case stopGradient

    // MARK: Shape primitives

    /// The same elements in another shape.
    case reshape([Int])
    /// Dimension d of the result is dimension permutation[d] of the operand.
    case transpose([Int])
    /// Repeats dimensions of extent 1 up to the given shape of the same rank.
    case broadcast([Int])
    /// Sums over the axes, which stay with extent 1.
    case sum([Int])
    /// The largest element over the axes, which stay with extent 1.
    case maximum([Int])
    /// One row per label with a 1 at the label: int32[N] → float32[N, K].
    case oneHot(Int)

    // MARK: Linear algebra

    /// op(A) · op(B) for matrices, op being the transpose where told.
    case matmul(transposeA: Bool, transposeB: Bool)
    /// (x [N, C, H, W], w [O, C/g, kh, kw]) → y.
    case convolution(Convolution2d)
    /// (dy, w) → dx of the given input height and width: the adjoint of convolution in x.
    case convolutionInputGradient(Convolution2d, Extent2d)
    /// (x, dy) → dw of the given kernel height and width: the adjoint of convolution in w.
    case convolutionWeightGradient(Convolution2d, Extent2d)

    // MARK: Pooling

    /// x → (y, indices): each window's first largest element and its offset inside the window.
    case maxPool(Window2d)
    /// (dy, indices) → dx of the given input height and width.
    case maxPoolScatter(Window2d, Extent2d)
    /// (x, indices) → y: the elements at the offsets.
    case maxPoolGather(Window2d)
    /// The mean over each window, padding counted as zeros.
    case averagePool(Window2d)
    /// dy → dx of the given input height and width: the adjoint of averagePool.
    case averagePoolScatter(Window2d, Extent2d)

    // MARK: Randomness

    /// exampleIndices [N] → a mask of the given shape [N, ...]: 0 with probability rate, else 1 / (1 − rate).
    case dropoutMask(rate: Double, tag: Int, shape: [Int])

    // MARK: Composites

    /// (x [N, I], w [O, I], b [O] if any) → y [N, O] = x wᵀ + b, then ReLU if told.
    case linear(relu: Bool)
    /// (x [N, C, ...], b [C]) → x + b on the channel axis, then ReLU if told.
    case biasAdd(relu: Bool)
    /// Rows [N, K] → exp(x) / Σ exp(x).
    case softmax
    /// (y, dy) → dx of softmax.
    case softmaxGradient
    /// Rows [N, K] → x − log Σ exp(x).
    case logSoftmax
    /// (y, dy) → dx of log-softmax.
    case logSoftmaxGradient
    /// (logits [N, K], labels int32[N]) → the loss of each example [N].
    case crossEntropy
    /// (logits, labels, dloss [N]) → dlogits.
    case crossEntropyGradient
    /// (x [N, ...], exampleIndices [N]) → x times its dropout mask.
    case dropout(rate: Double, tag: Int)
    /// (x [N, C, ...], weight [C], bias [C]) → (y, moments it was normalized with, moments of the mini-batch).
    case batchNorm(BatchNorm)
    /// (x, mean [C], variance [C], weight [C], bias [C]) → y with given statistics.
    case batchNormInference(BatchNorm)
    /// (x, moments, weight, bias, dy) → float64[2C]: Σ dy and Σ dy·x̂ of the shard.
    case batchNormGradientSums(BatchNorm)
    /// (x, moments, weight, bias, dy, sums) → dx.
    case batchNormInputGradient(BatchNorm)
    /// sums float64[2C] → float32[C], the gradient of the bias (first half) or of the weight (second half).
    case batchNormParameterGradient(ofWeight: Bool)
    /// (x, weight, bias) → y: each run of as many elements of x as the weight has, normalized by its own moments,
    /// then times weight plus bias.
    case layerNorm(epsilon: Double)
    /// (x, weight, bias, dy) → (dx, dweight, dbias) of layer norm.
    case layerNormGradient(epsilon: Double)
    /// (x [N, C, ...], weight [C], bias [C]) → y: each example's groups of neighbouring channels normalized by their
    /// own moments.
    case groupNorm(GroupNorm)
    /// (x, weight, bias, dy) → (dx, dweight, dbias) of group norm.
    case groupNormGradient(GroupNorm)
    /// (moments, running mean [C]) → (1 − m) running + m mean.
    case runningMean(momentum: Double)
    /// (moments, running variance [C]) → (1 − m) running + m M2 / (count − 1).
    case runningVariance(momentum: Double)
    /// moments → float32[C]: the mean of each channel.
    case channelMean
    /// moments → float32[C]: √(M2 / count + ε) of each channel.
    case channelDeviation(epsilon: Double)
    /// (logits [N, K], labels int32[N]) → float64[]: rows whose first largest element stands at the label.
    case correctCount

    // MARK: Batch norm, lowered

    /// x [N, C, ...] → float64[1 + 2C]: count, mean and M2 per channel of the shard.
    case channelMoments
    /// (x, moments, weight, bias) → y.
    case batchNormApply(BatchNorm)

    // MARK: Collectives over the shards of a mini-batch

    /// Each operand summed over all shards in the fixed tree.
    case crossShardSum
    /// Moments of all shards merged in the fixed tree.
    case crossShardMoments

    /// Whether every shard of the mini-batch has to contribute before the result is there.
    public var isCollective: Bool {
        switch self {
        case .crossShardSum, .crossShardMoments: true
        default: false
        }
    }
}

/// What group norm's nodes have in common.
public struct GroupNorm: Sendable, Hashable {
    /// Groups of equally many neighbouring channels; as many as channels make instance norm.
    public let groups: Int
    /// Added to the variance.
    public let epsilon: Double
    /// Whether a ReLU follows, fused.
    public let relu: Bool

    /// Group norm with these attributes.
    public init(groups: Int, epsilon: Double, relu: Bool = false) {
        self.groups = groups
        self.epsilon = epsilon
        self.relu = relu
    }

    package var withRelu: GroupNorm { GroupNorm(groups: groups, epsilon: epsilon, relu: true) }
}

/// Functions of one operand.
public enum Unary: Sendable, Hashable {
    case negate, exp, log, sqrt, reciprocal, tanh, sigmoid, erf, relu, abs, square
    /// 1 where x > 0, else 0.
    case step
    /// −1, 0 or 1.
    case sign
    /// x where x > 0, else slope · x.
    case leakyRelu(slope: Double)
    /// x/2 · (1 + erf(x/√2)).
    case gelu
    /// log(1 + eˣ).
    case softplus
    /// x, held between −limit and limit.
    case clamp(limit: Double)
    /// factor · x.
    case scale(Double)
    /// x + term.
    case offset(Double)

    /// Whether f(0) = 0, so that zero padding of a blocked layout stays zero.
    package var preservesZero: Bool {
        switch self {
        case .negate, .sqrt, .tanh, .erf, .relu, .abs, .square, .step, .sign, .leakyRelu, .gelu, .clamp,
            .scale:
            true
        case .exp, .log, .reciprocal, .sigmoid, .softplus, .offset: false
        }
    }
}

/// Functions of two operands; the gradient forms take (a, dy) and are composites.
public enum Binary: Sendable, Hashable {
    case add, subtract, multiply, divide
    /// a = y: dy where y > 0.
    case reluGradient
    /// a = x: dy where x > 0, else slope · dy.
    case leakyReluGradient(slope: Double)
    /// a = y: dy · y (1 − y).
    case sigmoidGradient
    /// a = y: dy (1 − y²).
    case tanhGradient
    /// a = x: dy (Φ(x) + x φ(x)).
    case geluGradient

    /// Whether f(0, 0) = 0, so that zero padding of a blocked layout stays zero.
    package var preservesZero: Bool { self != .divide }
}

/// What batch norm's nodes have in common.
public struct BatchNorm: Sendable, Hashable {
    /// Added to the variance.
    public let epsilon: Double
    /// Whether moments are merged over all shards of the mini-batch.
    public let synchronized: Bool
    /// Whether a ReLU follows, fused.
    public let relu: Bool

    /// Batch norm with these attributes.
    public init(epsilon: Double, synchronized: Bool, relu: Bool = false) {
        self.epsilon = epsilon
        self.synchronized = synchronized
        self.relu = relu
    }

    package var withRelu: BatchNorm { BatchNorm(epsilon: epsilon, synchronized: synchronized, relu: true) }
}
