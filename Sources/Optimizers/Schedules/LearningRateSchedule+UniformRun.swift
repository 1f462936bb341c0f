import Options

/// Shorter calls for runs whose epochs all take the same number of steps.
///
/// - `stepsPerEpoch` is the optimizer steps per epoch, at least 1.
/// - `totalSteps` is the optimizer steps of all configured epochs, whether or not the run stops earlier.
extension LearningRateSchedule {
    /// Throws where `validate(_:)` throws.
    public func validate(stepsPerEpoch: Int, totalSteps: Int) throws(OptionError) {
        try validate(RunShape(stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps))
    }

    /// W, the optimizer steps of the warm-up.
    ///
    /// - Precondition: `validate` accepts the run.
    public func warmupSteps(stepsPerEpoch: Int) -> Int {
        warmupSteps(in: RunShape(stepsPerEpoch: stepsPerEpoch, epochs: 1))
    }

    /// η of one optimizer step, from `rate(step:in:plateauFactor:)`.
    public func rate(
        step: Int, stepsPerEpoch: Int, totalSteps: Int, plateauFactor: Double = 1
    ) -> Double {
        rate(
            step: step, in: RunShape(stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps),
            plateauFactor: plateauFactor)
    }

    /// The momentum of one optimizer step, from `momentum(step:in:)`.
    public func momentum(step: Int, stepsPerEpoch: Int, totalSteps: Int) -> Double? {
        momentum(step: step, in: RunShape(stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps))
    }
}
