import Graph

/// Batch normalization over everything but the channel axis, 1-D or 2-D by its input, as torch.nn.BatchNorm1d/2d
/// (Ioffe and Szegedy 2015).
///
/// y = (x − μ) / √(σ² + ε) · weight + bias. In training μ and σ² are the moments of the whole mini-batch over all
/// shards (`synchronized`) or of each shard alone. The running statistics always follow the whole mini-batch: running ←
/// (1 − momentum) running + momentum · batch, with the unbiased variance. Evaluation uses them as μ and σ².
///
/// As in PyTorch, `momentum` is the weight of the new mini-batch's moments. Textbooks that write running ← p running +
/// (1 − p) batch give the weight of the old ones: p = 1 − momentum.
public struct BatchNormalization: Layer {
    /// (C): the scale; nil without affine.
    public let weight: Parameter?
    /// (C): the shift; nil without affine.
    public let bias: Parameter?
    /// (C): the running mean.
    public let runningMean: Buffer
    /// (C): the running variance, unbiased.
    public let runningVar: Buffer
    /// Mini-batches seen in training.
    public let numBatchesTracked: BatchCounter
    private let epsilon: Double
    private let momentum: Double
    private let synchronized: Bool

    /// Batch norm with torch's defaults, except that moments are taken over all shards and ranks.
    public init(
        momentum: Double = 0.1, epsilon: Double = 1e-5, synchronized: Bool = true, affine: Bool = true
    ) {
        weight = affine ? Parameter(.constant(1), role: .normScale) : nil
        bias = affine ? Parameter(.constant(0), role: .normShift) : nil
        runningMean = Buffer(0)
        runningVar = Buffer(1)
        numBatchesTracked = BatchCounter()
        self.momentum = momentum
        self.epsilon = epsilon
        self.synchronized = synchronized
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let shape = [x.shape[1]]
        let builder = x.builder
        let weight = builder.variable(weight, shape: shape, otherwise: 1)
        let bias = builder.variable(bias, shape: shape, otherwise: 0)
        let mean = builder.variable(runningMean, shape: shape)
        let variance = builder.variable(runningVar, shape: shape)
        let attributes = BatchNorm(epsilon: epsilon, synchronized: synchronized)
        if builder.mode == .evaluation {
            return x.applying(
                .batchNormalization(.batchNormInference(attributes)), mean, variance, weight, bias)
        }
        let (y, moments) = x.batchNormalized(attributes, weight: weight, bias: bias)
        builder.update(
            runningMean, to: moments.applying(.batchNormalization(.runningMean(momentum: momentum)), mean))
        builder.update(
            runningVar,
            to: moments.applying(.batchNormalization(.runningVariance(momentum: momentum)), variance))
        return y
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count >= 2 else { throw .expected("(N, C, ...)", found: shape) }
    }
}
