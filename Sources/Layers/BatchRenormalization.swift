import Graph

/// Batch renormalization over everything but the channel axis, 1-D or 2-D by its input (Ioffe 2017, arXiv:1702.03275):
/// batch norm for small mini-batches, whose training output is close to what evaluation computes.
///
/// y = ((x − μ_B) / σ_B · r + d) · weight + bias with σ_B = √(variance_B + ε), r = clip(σ_B / σ, 1 / r_max, r_max) and
/// d = clip((μ_B − μ) / σ, −d_max, d_max). No gradient flows through r and d. μ and σ are the running mean and
/// deviation: μ ← μ + momentum · (μ_B − μ), and σ likewise. Evaluation uses μ and σ. The first `warmup` mini-batches
/// have r_max 1 and d_max 0, which is batch norm; then both grow linearly, until `rMax` is reached at mini-batch
/// `rSteps` and `dMax` at mini-batch `dSteps`. `synchronized` means the same as in `BatchNormalization`.
public struct BatchRenormalization: Layer {
    /// The bounds of r and d, and the mini-batches at which they reach them; the paper's values unless given.
    public struct Limits: Sendable, Hashable {
        /// The largest r; at least 1.
        public let rMax: Double
        /// The largest |d|; at least 0.
        public let dMax: Double
        /// The number of mini-batches of plain batch norm at the start.
        public let warmup: Int
        /// The mini-batch at which r_max is reached.
        public let rSteps: Int
        /// The mini-batch at which d_max is reached.
        public let dSteps: Int

        /// Limits that grow from mini-batch `warmup` on; traps if a bound is out of range or reached before the warm-up
        /// ends.
        public init(
            rMax: Double = 3, dMax: Double = 5, warmup: Int = 5000, rSteps: Int = 40000, dSteps: Int = 25000
        ) {
            precondition(rMax >= 1 && dMax >= 0, "r_max \(rMax) is below 1 or d_max \(dMax) below 0")
            precondition(
                warmup >= 0 && rSteps >= warmup && dSteps >= warmup,
                "r_max at \(rSteps) and d_max at \(dSteps) come before the warm-up ends at \(warmup)")
            self.rMax = rMax
            self.dMax = dMax
            self.warmup = warmup
            self.rSteps = rSteps
            self.dSteps = dSteps
        }
    }

    /// (C): the scale.
    public let weight: Parameter
    /// (C): the shift.
    public let bias: Parameter
    /// (C): the running mean μ.
    public let runningMean: Buffer
    /// (C): the running deviation σ, which contains ε.
    public let runningStd: Buffer
    /// Mini-batches seen in training, which the limits follow.
    public let numBatchesTracked: Buffer
    private let epsilon: Double
    private let momentum: Double
    private let limits: Limits
    private let synchronized: Bool

    /// Batch renormalization with the paper's limits and update rate.
    public init(
        momentum: Double = 0.01, epsilon: Double = 1e-5, limits: Limits = Limits(), synchronized: Bool = true
    ) {
        weight = Parameter(.constant(1), role: .normScale)
        bias = Parameter(.constant(0), role: .normShift)
        runningMean = Buffer(0)
        runningStd = Buffer(1)
        numBatchesTracked = Buffer(0)
        self.momentum = momentum
        self.epsilon = epsilon
        self.limits = limits
        self.synchronized = synchronized
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let shape = [x.shape[1]]
        let builder = x.builder
        let weight = builder.variable(weight, shape: shape)
        let bias = builder.variable(bias, shape: shape)
        let mean = builder.variable(runningMean, shape: shape)
        let deviation = builder.variable(runningStd, shape: shape)
        let step = builder.variable(numBatchesTracked, shape: [])
        if builder.mode == .evaluation {
            // σ already contains ε.
            let attributes = BatchNorm(epsilon: 0, synchronized: synchronized)
            return x.applying(
                .batchNormalization(.batchNormInference(attributes)), mean, deviation.squared(), weight, bias)
        }
        let local = x.channelMoments()
        let merged = local.mergedAcrossShards()
        let used = synchronized ? merged : local
        let rMax = (ramp(step, end: limits.rSteps) * (limits.rMax - 1) + 1).filled(shape)
        let dMax = (ramp(step, end: limits.dSteps) * limits.dMax).filled(shape)
        let r = clipped(
            used.applying(.batchNormalization(.channelDeviation(epsilon: epsilon))) / deviation,
            rMax.reciprocal(), rMax)
        let d = clipped((used.applying(.batchNormalization(.channelMean)) - mean) / deviation, -dMax, dMax)
        // (x̂ r + d) weight + bias is batch norm with another weight and bias.
        let y = x.batchNormalized(
            BatchNorm(epsilon: epsilon, synchronized: synchronized), weight: weight * r,
            bias: weight * d + bias
        ).y
        let batchDeviation = merged.applying(.batchNormalization(.channelDeviation(epsilon: epsilon)))
        builder.update(
            runningMean, to: merged.applying(.batchNormalization(.runningMean(momentum: momentum)), mean))
        builder.update(runningStd, to: deviation * (1 - momentum) + batchDeviation * momentum)
        builder.update(numBatchesTracked, to: step + 1)
        return y
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count >= 2 else { throw .expected("(N, C, ...)", found: shape) }
    }

    /// 0 up to the end of the warm-up, 1 from mini-batch `end` on, linear between.
    private func ramp(_ step: Tensor, end: Int) -> Tensor {
        let passed = (step + Double(-limits.warmup)) * (1 / Double(max(1, end - limits.warmup)))
        return -(-passed.relu() + 1).relu() + 1
    }

    /// x where it lies between `lower` and `upper`, else the nearer of the two, exactly.
    private func clipped(_ x: Tensor, _ lower: Tensor, _ upper: Tensor) -> Tensor {
        upper - (upper - (lower + (x - lower).relu())).relu()
    }
}
