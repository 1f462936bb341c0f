/// An update rule with running means of the gradient and of its size: Adam and its descendants.
///
/// A momentum given for a step replaces β₁.
public protocol MomentRule: UpdateRule {
    /// β₁, β₂, ε and λ.
    var moments: Moments { get set }
}

extension MomentRule {
    /// β₁ and β₂, each from 0 to below 1: the decay rates of the running means of g and of its size.
    public var betas: (Double, Double) { (moments.beta1, moments.beta2) }

    /// ε, at least 0, in the units of the gradient.
    public var epsilon: Double { moments.epsilon }

    /// λ, at least 0; the rule's formula shows where it enters.
    public var weightDecay: Double { moments.weightDecay }

    /// m and v.
    public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

    /// True: the momentum of a step is β₁.
    public var takesMomentum: Bool { true }

    /// λ: the decay is added to the gradient.
    public var penalty: Double { weightDecay }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: Self {
        var rule = self
        rule.moments = moments.withoutWeightDecay
        return rule
    }
}
