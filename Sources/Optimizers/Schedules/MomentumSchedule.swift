import Options

/// The momentum as a pure function of the optimizer step, for update rules that have one.
///
/// Epochs count from the start of training, warm-up included. By epoch, all steps of an epoch have the momentum of its
/// start.
///
/// - `piecewise`: the value of the last entry whose epoch has begun; a usual rise is 0.5, 0.9, 0.99 at the epochs 0, 5,
///   20. Fractions of epochs are rounded to whole steps, halves upward.
/// - `nesterov`: μ = (k − 1)/(k + 2), k counting optimizer steps from 1: from 0 at the first step towards 1, about
///   1 − 3/k. This is Nesterov's sequence for convex functions, for SGD with `nesterov`.
/// - `linear`: μ = (1 − x/E) μ₀ + (x/E) μ_E for x < E epochs, then μ_E.
///
/// References: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013;
/// (k − 1)/(k + 2): Su, Boyd and Candès, "A Differential Equation for Modeling Nesterov's Accelerated Gradient
/// Method", JMLR 17, 2016, after Nesterov 1983.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(
///         baseRate: 0.1, momentum: .piecewise(values: [0.5, 0.9, 0.99], epochs: [0, 2, 4]))
///     schedule.momentum(step: 19, stepsPerEpoch: 10, totalSteps: 50)   // 0.5
///     schedule.momentum(step: 20, stepsPerEpoch: 10, totalSteps: 50)   // 0.9
public enum MomentumSchedule: Sendable, Hashable {
    /// `values[i]` from epoch `epochs[i]` on; the first epoch is 0, each later one above the one before.
    case piecewise(values: [Double], epochs: [Double])
    /// From `from` to `to` in this many epochs, then constant.
    case linear(from: Double, to: Double, epochs: Double)
    /// (k − 1)/(k + 2) at step k from 1.
    case nesterov

    /// Throws unless every momentum lies in [0, 1) and the epochs are in order.
    func validate() throws(OptionError) {
        switch self {
        case .piecewise(let values, let epochs):
            guard !values.isEmpty, values.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
                throw Self.error("values", values, "one number or more, each at least 0 and below 1")
            }
            guard epochs.count == values.count else {
                throw Self.error("epochs", epochs, "as many numbers as values, which are \(values.count)")
            }
            let increase = zip(epochs, epochs.dropFirst()).allSatisfy { $0 < $1 }
            guard epochs.first == 0, increase, epochs.allSatisfy(\.isFinite) else {
                throw Self.error("epochs", epochs, "0 and then numbers each above the one before")
            }
        case .linear(let start, let end, let epochs):
            try AllowedNumbers.belowOne.check(start, key: "momentum.from")
            try AllowedNumbers.belowOne.check(end, key: "momentum.to")
            try AllowedNumbers.positive.check(epochs, key: "momentum.epochs")
        case .nesterov: break
        }
    }

    /// The momentum of one step, for a schedule that advances by `unit`.
    func momentum(step: Int, in run: RunShape, by unit: ScheduleUnit) -> Double {
        let place =
            switch unit {
            case .step: step
            case .epoch: run.firstStep(ofEpoch: run.epoch(of: step))
            }
        switch self {
        case .piecewise(let values, let epochs):
            let begun = epochs.count { run.steps(inEpochs: $0) <= Double(place) }
            // Epoch 0 has begun at step 0.
            return values[max(0, begun - 1)]
        case .linear(let start, let end, let epochs):
            let share = run.epochs(before: place) / epochs
            return share < 1 ? (1 - share) * start + share * end : end
        // k − 1 is the step's index from 0.
        case .nesterov: return Double(place) / Double(place + 3)
        }
    }

    private static func error(_ key: String, _ value: [Double], _ allowed: String) -> OptionError {
        OptionError(
            .outOfRange, key: "momentum.\(key)", value: OptionValue.numbers(value).description,
            allowed: allowed)
    }
}
