/// A learning rate that fell to nearly nothing while the gradient did not, so that the rate ended progress: the run may
/// seem to have arrived at a minimum though its gradient is far from 0 there.
///
/// This is so where the last rate is below `smallRate` of the largest and the gradient's norm, as the mean of the last
/// logged steps, still above `largeNorm` of that of the first ones.
package struct SpentRate: Sendable, Equatable {
    /// The share of the largest rate below which the last is nearly nothing.
    package static let smallRate = 1e-3
    /// The share of the norm at the start above which the gradient has not fallen with the rate.
    package static let largeNorm = 0.1

    /// The last and the largest rate of the run.
    package let last: Double
    package let largest: Double
    /// The gradient's mean norm in the first and in the last logged steps.
    package let firstNorm: Double
    package let lastNorm: Double
    /// The option of the schedule that keeps the rate larger; nil where the shape has none.
    package let option: String?

    /// Nil where the rule above does not hold.
    init?(last: Double, largest: Double, course: GradientCourse, schedule: String) {
        guard let norms = course.means, last < Self.smallRate * largest,
            norms.end > Self.largeNorm * norms.start
        else { return nil }
        (self.last, self.largest) = (last, largest)
        (firstNorm, lastNorm) = (norms.start, norms.end)
        option = Self.options[schedule]
    }

    /// What keeps the last rate of a shape above 0.
    private static let options = [
        "cosine": "eta_min", "cosine_restarts": "eta_min", "polynomial": "end", "linear": "eta_tau",
        "one_cycle": "final_div_factor", "reduce_on_plateau": "min_lr", "exponential": "gamma",
        "step": "gamma", "multi_step": "gamma",
    ]

    /// The note for a person.
    package var text: String {
        func text(_ value: Double) -> String { ProgressReporter.significant(value, 3) }
        let key = option.map { "schedule.\($0)" } ?? "schedule"
        return
            "the learning rate ended at \(text(last)), of \(text(largest)) at most, the gradient's norm at \(text(lastNorm)), of \(text(firstNorm)) at the start: the rate, not the gradient, ended progress; \(key) says where the rate ends"
    }
}
