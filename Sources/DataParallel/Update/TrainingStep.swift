import CKernels

/// The inputs of one optimizer step.
package struct TrainingStep {
    /// The mini-batches whose gradients it takes together, weighted by their examples.
    package let batches: [Batch]
    /// The update rule's numbers of the step, the same on all ranks.
    package let update: [Double]
    /// The key of dropout's masks.
    package let dropoutKey: dt_philox_key
    /// What is reported beside the loss.
    package let observes: Observations
    /// The mean loss above which the step changes nothing; nil for any.
    package let lossLimit: Double?

    /// What a step may report beside the loss; each costs a little time.
    package struct Observations: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// The norm of the gradient, and what clipping leaves of it.
        package static let norm = Observations(rawValue: 1)
        /// The norm of each parameter's gradient.
        package static let layers = Observations(rawValue: 2)
        /// The norms of the shards' gradients, of which gradient noise is estimated.
        package static let noise = Observations(rawValue: 4)
        /// The curvature of the mini-batch's loss, in steps of a single mini-batch that are not delayed.
        package static let curvature = Observations(rawValue: 8)
        /// How the elements of each parameter's gradient are spread.
        package static let histograms = Observations(rawValue: 16)
        /// The effective rates of an adaptive rule.
        package static let rates = Observations(rawValue: 32)
    }

    package init(
        _ batches: [Batch], update: [Double], dropoutKey: dt_philox_key, observes: Observations = [],
        lossLimit: Double? = nil
    ) {
        precondition(batches.allSatisfy { $0.count > 0 } && !batches.isEmpty, "a mini-batch without examples")
        self.batches = batches
        self.update = update
        self.dropoutKey = dropoutKey
        self.observes = observes
        self.lossLimit = lossLimit
    }

    /// Examples over all mini-batches.
    var count: Int { batches.reduce(0) { $0 + $1.count } }
}

/// What a training step reports; the same on all ranks, but for histograms.
package struct StepResult: Sendable {
    /// Σ loss over the step's examples.
    package var lossSum = 0.0
    /// What the mean loss divides it by: the number of examples, or the sum of their labels' weights.
    package var weight = 0.0
    /// The mean loss; NaN where no label counts.
    package var meanLoss: Double { weight > 0 ? lossSum / weight : .nan }
    /// Examples of the step.
    package var count = 0
    /// √Σ g² before clipping of the gradient that changed the parameters, where it was asked for.
    package var gradientNorm: Double?
    /// The norm after clipping ÷ the norm before, where it was asked for.
    package var clipRatio: Double?
    /// √Σ g² of each trainable variable, by its place in the model, where it was asked for.
    package var layerNorms: [(variable: Int, norm: Double)] = []
    /// The numbers that gradient noise is estimated from, where it was asked for.
    package var noise: GradientNoise?
    /// The curvature of the loss at the weights before the step, where it was asked for and the step not skipped.
    package var curvature: StepCurvature?
    /// What a step of Newton's method did; nil for other steps and for skipped ones.
    package var newton: NewtonReport?
    /// How the gradient that changed the parameters was spread before clipping, this rank's part, where it was asked for and
    /// the step not skipped.
    package var histograms: HistogramParts?
    /// The rates of all weights in the step that changed the parameters, where it was asked for and the rule is adaptive.
    package var rates: EffectiveRates?
    /// Why the parameters stayed as they were; nil unless the step was skipped.
    package var skipped: Reason?

    /// Why a step changes nothing.
    package enum Reason: Sendable {
        /// The gradient was not finite.
        case gradient
        /// The loss was above the step's limit.
        case loss
        /// Products with the Hessian were not finite.
        case curvature
        /// No label counted.
        case labels
    }

    /// Whether the parameters stayed as they were.
    package var isSkipped: Bool { skipped != nil }
}
