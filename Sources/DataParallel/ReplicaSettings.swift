import FixedTree
import Graph
import Optimizers

/// The settings of a replica, besides the model.
public struct ReplicaSettings: Sendable {
    /// The number of examples in a mini-batch over all ranks, B.
    public var batch: Int
    /// The number of shards of a mini-batch, S; results depend on it, but not on the number of ranks.
    public var shards: Int
    /// The seed of initial weights, dropout and everything else random.
    public var seed: UInt64
    /// Worker threads of the rank; nil for its share of the node's cores.
    public var workers: Int?
    /// The approximate size of a bucket, in bytes: gradients are exchanged bucket by bucket.
    public var bucketBytes: Int
    /// The update rule.
    public var rule: any UpdateRule
    /// The clipping of gradients.
    public var clipping: GradientClipping
    /// The precision that gradients are rounded to where they are summed; results depend on it.
    public var exchange: GradientPrecision
    /// How activations and their gradients are stored; results depend on it.
    public var precision = Precision.float32
    /// Whether the optimizer's state is divided over the whole job instead of being kept once per node (ZeRO-1);
    /// results do not depend on it.
    public var isOptimizerSharded: Bool
    /// The kinds of parameters that get no weight decay.
    public var noDecay: [DecayExemption] = []
    /// The largest number of examples that a growing mini-batch may reach; nil if it does not grow.
    public var largestBatch: Int?
    /// Whether steps accumulate the gradients of several mini-batches.
    public var accumulates = false
    /// Whether a step's gradient is summed while the next step is computed, and applied after that one.
    public var isDelayed = false
    /// Whether parameters and states stay unchanged in a step whose gradient is not finite.
    public var skipsNonFinite = false
    /// Whether the curvature of mini-batches' losses can be measured, which takes memory.
    public var measuresCurvature = false
    /// The number of steps whose timeline is kept while all steps are timed; nil for no profile.
    public var timelineSteps: Int?
    /// A deviation for a test.
    package var control = Control.none

    /// Whether gradients are kept from one mini-batch to the next.
    var keepsGradients: Bool { accumulates || isDelayed }

    /// Deviations that must change results, with which tests show that they would notice.
    package enum Control: String, Sendable, CaseIterable {
        case none
        #if FAULT_INJECTION
            case sumInRankOrder
            case skipShard
            /// The first look for other ranks' gradients in a step fails, once.
            case failExchange
        #endif
    }

    /// Settings for mini-batches of `batch` examples; what has no parameter here is off or nil.
    ///
    /// - Parameter shards: Nil for one for every 32 examples, and at least 8.
    public init(
        batch: Int, shards: Int? = nil, seed: UInt64 = 0, workers: Int? = nil, bucketBytes: Int = 1 << 20,
        rule: any UpdateRule, clipping: GradientClipping = .off, exchange: GradientPrecision = .float32,
        isOptimizerSharded: Bool = false
    ) {
        self.batch = batch
        self.shards = shards ?? ShardBounds.standardCount(batch: batch)
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
