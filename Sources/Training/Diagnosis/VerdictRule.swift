/// Derives the verdict on a point from its numbers.
///
/// A point is critical if its gradient is no larger than `tolerance` · max |λ| · ‖θ‖, or than the gradient's rounding.
/// By the quadratic model it then cannot be told from a critical point within `tolerance` · ‖θ‖. Its kind is told by
/// curvature beyond both ε and the error of products, below 0 in one direction, above 0 in another.
struct VerdictRule {
    let diagnosis: Diagnosis
    let isCritical: Bool
    /// What a penalty adds to the curvature along the vectors of the smallest and the largest eigenvalue.
    let shifts: (low: Double, high: Double)

    private var low: Double { diagnosis.lambdaMin.value + shifts.low }
    private var high: Double { diagnosis.lambdaMax.value + shifts.high }
    private var error: Double { diagnosis.productError }
    private var epsilon: Double { diagnosis.epsilon }

    /// Sets the verdict and says why.
    func decide(_ diagnosis: inout Diagnosis) {
        (diagnosis.verdict, diagnosis.because) = verdict()
    }

    private func verdict() -> (Diagnosis.Verdict, String) {
        guard isCritical else { return (.notCritical, notCritical) }
        if max(abs(low), abs(high)) <= error {
            return (
                .flat,
                "no curvature is larger than the error of its measurement, \(Self.text(error)): max |λ| is \(Self.text(max(abs(low), abs(high))))"
            )
        }
        let falls = low + error < 0 && low < -epsilon
        let rises = high - error > 0 && high > epsilon
        if falls, rises {
            return (
                .saddle,
                "the loss curves down in one direction (\(Self.text(low))) and up in another (\(Self.text(high))), both beyond the error of products, \(Self.text(error))"
            )
        }
        if falls, high <= epsilon {
            return (
                .localMaximum,
                "no curvature above ε = \(Self.text(epsilon)) was found, and \(Self.text(low)) below: \(certainty)"
            )
        }
        if rises, low >= -epsilon {
            return (.localMinimum, "no curvature below −ε = \(Self.text(-epsilon)) was found: \(certainty)")
        }
        return (
            .undecided,
            "the curvature found, from \(Self.text(low)) to \(Self.text(high)), is too near to the error of products, \(Self.text(error)), or to ε = \(Self.text(epsilon)) to tell its sign: more examples, or a smaller --epsilon, would"
        )
    }

    private var certainty: String {
        if diagnosis.isDense { return "all \(diagnosis.parameters) eigenvalues were computed" }
        if diagnosis.missProbability == 0 {
            return "\(diagnosis.products) products found all that a random start can see"
        }
        return
            "some may be missed with probability \(Self.text(diagnosis.missProbability)) at most, and below \(Self.text(diagnosis.missedCurvature)) with 0.05"
    }

    private var notCritical: String {
        let norm = diagnosis.gradientNorm
        return
            "the gradient's norm \(Self.text(norm)) is \(Self.text(diagnosis.criticalRatio)) of max |λ| · ‖θ‖, above the tolerance \(Self.text(diagnosis.tolerance)), and above its rounding, \(Self.text(diagnosis.gradientNoise))"
    }

    static func text(_ value: Double) -> String { ProgressReporter.significant(value, 4) }
}
