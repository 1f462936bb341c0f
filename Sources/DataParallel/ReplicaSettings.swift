import Optimizers

/// What a replica needs to know beside the model.
public struct ReplicaSettings: Sendable {
    /// Examples of a mini-batch over all ranks, B.
    public var batch: Int
    /// Shards a mini-batch is cut into, S: results depend on it, but not on the number of ranks.
    public var shards: Int
    /// What initial weights, dropout and everything else random is drawn from.
    public var seed: UInt64
    /// Worker threads of the rank; nil for its share of the node's cores.
    public var workers: Int?
    /// Gradients are exchanged in stretches of about this many bytes.
    public var bucketBytes: Int
    /// How gradients change parameters.
    public var rule: any UpdateRule
    /// How large a gradient may be.
    public var clipping: GradientClipping
    /// What gradients are rounded to where they are summed; results depend on it.
    public var exchange: GradientPrecision
    /// Whether the optimizer's state is kept once in the whole job, in parts, instead of once per node (ZeRO-1); results
    /// do not depend on it.
    public var isOptimizerSharded: Bool
    /// Which parameters the rule's weight decay leaves out.
    public var noDecay: [DecayExemption] = []
    /// Examples that a mini-batch may come to have; nil where it does not grow.
    public var largestBatch: Int?
    /// Whether steps take several mini-batches together.
    public var accumulates = false
    /// Whether a step's gradient is summed while the next step is computed, and changes parameters after that one.
    public var isDelayed = false
    /// Whether a gradient that is not finite leaves parameters and states as they are.
    public var skipsNonFinite = false
    /// Whether the curvature of mini-batches' losses may be asked for, which takes memory.
    public var measuresCurvature = false
    /// Steps whose timeline is kept while everything is timed; nil for no profile.
    public var timelineSteps: Int?
    /// What a test breaks on purpose.
    package var control = Control.none

    /// Whether gradients are kept from one mini-batch to the next.
    var keepsGradients: Bool { accumulates || isDelayed }

    /// Deviations that must change results, so that tests can show they would notice.
    package enum Control: String, Sendable, CaseIterable {
        case none
        #if FAULT_INJECTION
            case sumInRankOrder
            case skipShard
            /// The first look for other ranks' gradients in a step fails, once.
            case failExchange
        #endif
    }

    /// Settings of a replica.
    public init(
        batch: Int, shards: Int = 8, seed: UInt64 = 0, workers: Int? = nil, bucketBytes: Int = 1 << 20,
        rule: any UpdateRule, clipping: GradientClipping = .off, exchange: GradientPrecision = .float32,
        isOptimizerSharded: Bool = false
    ) {
        self.batch = batch
        self.shards = shards
        self.seed = seed
        self.workers = workers
        self.bucketBytes = bucketBytes
        self.rule = rule
        self.clipping = clipping
        self.exchange = exchange
        self.isOptimizerSharded = isOptimizerSharded
        timelineSteps = nil
    }
}
