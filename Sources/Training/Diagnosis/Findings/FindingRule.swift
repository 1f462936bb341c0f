/// Judges measurements: a pure function of them, so that what is measured and what it means are apart.
///
/// A rule that lacks a number it needs finds nothing: no finding rather than a guess.
protocol FindingRule: Sendable {
    /// The name of its finding.
    static var name: Finding.Name { get }
    /// Whether it judges the course of a run, so that weights alone do not tell.
    static var needsRun: Bool { get }
    /// The finding; nil where the measurements do not show it.
    func finding(in measured: Measurements) -> Finding?
}

extension FindingRule {
    static var needsRun: Bool { false }

    func found(_ evidence: String, key: String) -> Finding {
        Finding(name: Self.name, evidence: evidence, key: key)
    }

    /// A number with three significant digits.
    func text(_ value: Double) -> String { ProgressReporter.significant(value, 3) }

    /// A share in percent, with three significant digits.
    func percent(_ share: Double) -> String { "\(ProgressReporter.significant(100 * share, 3)) %" }
}

/// All rules, in the order of the decision list.
enum FindingRules {
    static let all: [any FindingRule] = [
        ModelTooSimple(), OptimizationFails(), Overfitting(), ShiftedTestSet(), VanishingGradients(),
        ExplodingGradients(), DeadUnits(), RateTooHigh(), RateTooLow(), UnlikeScales(), LabelNoise(),
    ]

    static func judge(_ measured: Measurements) -> FoundCauses {
        var findings = all.compactMap { $0.finding(in: measured) }
        // A run whose rate was too low says nothing about what its model can do.
        if findings.contains(where: { $0.name == .rateTooLow }) {
            findings.removeAll { $0.name == .modelTooSimple }
        }
        return FoundCauses(
            findings: findings,
            needRun: measured.course == nil
                ? all.filter { type(of: $0).needsRun }.map { type(of: $0).name } : [])
    }
}
