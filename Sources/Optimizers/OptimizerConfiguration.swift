import Options

/// An optimizer: an update rule and the learning rate its schedule starts from.
///
/// Names and options are PyTorch's in snake_case, and so are the defaults. A rule of your own is given as a value, or
/// by name after being added to a list of rules.
///
/// Example:
///
///     let optimizer = try OptimizerConfiguration(name: "sgd", options: ["lr": 0.05, "momentum": 0.9])
///     optimizer.learningRate              // 0.05
///     optimizer.rule.stateNames           // ["momentum_buffer"]
///     optimizer.options.map(\.name)       // ["lr", "momentum", "dampening", "weight_decay", "nesterov"]
///     OptimizerConfiguration.names.first  // "sgd"
///     let slow = try OptimizerConfiguration(name: "adam", lookahead: LookaheadOptions(k: 10))
///     slow.rule.stateNames                // ["exp_avg", "exp_avg_sq", "slow"]
///     let own = OptimizerConfiguration(rule: try SGD(momentum: 0.5), learningRate: 0.1)
public struct OptimizerConfiguration: Sendable {
    /// The name of the rule in a configuration; that of the wrapped rule under lookahead.
    public let name: String
    /// The update rule with its options, wrapped in lookahead if that is set.
    public private(set) var rule: any UpdateRule
    /// η₀, the option `lr`: at least 0. A schedule turns it into the rate of each step.
    public let learningRate: Double
    /// All options with their values, given or default, in the order in which they are listed to a user; for a rule
    /// given as a value its learning rate and its description.
    public let options: [NamedOption]
    /// Whether the optimizer's state is spread over all ranks of a job instead of being kept once per node (ZeRO-1).
    ///
    /// Every rank then keeps the state of its own slices of the parameters, updates those slices and sends them to the
    /// other nodes. Weights and checkpoints have the same bytes either way, and a resumed run may change the setting.
    /// On one node nothing is saved: there the state exists once for all ranks anyway.
    ///
    /// Reference: Rajbhandari et al., "ZeRO: Memory optimizations toward training trillion parameter models", SC
    /// 2020, arXiv:1910.02054.
    public var isSharded: Bool
    /// The kinds of parameters that get no weight decay (they are stepped by `rule.withoutWeightDecay`), in the order
    /// of the enumeration's cases.
    public var noDecay: [DecayExemption] {
        didSet { noDecay = DecayExemption.allCases.filter(noDecay.contains) }
    }
    /// The options of lookahead around the rule; nil for none.
    public var lookahead: LookaheadOptions? { didSet { rule = lookahead?.wrap(plain) ?? plain } }
    private let plain: any UpdateRule

    /// Makes the optimizer of this name; throws on an unknown name or option, a wrong type or a bad value, and where
    /// `noDecay` is set for a rule without weight decay.
    ///
    /// - Parameter rules: The rules to choose from.
    public init(
        name: String, options: [String: OptionValue] = [:], sharded: Bool = false,
        noDecay: [DecayExemption] = [], lookahead: LookaheadOptions? = nil,
        among rules: ChoiceList<any UpdateRule> = .updateRules
    ) throws(OptionError) {
        let choice = try rules.choice(name)
        let resolved = try ResolvedOptions(declared: choice.options, given: options, lacks: choice.lacks)
        let hasRate = resolved.values.contains { $0.name == Self.rateName }
        let learningRate = hasRate ? resolved.number(Self.rateName) : 0
        try AllowedNumbers.notNegative.check(learningRate, key: Self.rateName)
        self.init(
            name, try choice.make(resolved), learningRate, resolved.values, sharded, noDecay, lookahead)
        try check()
    }

    /// An optimizer with a rule of your own.
    ///
    /// - Parameter learningRate: η₀, at least 0.
    public init(
        rule: some UpdateRule, learningRate: Double, sharded: Bool = false, noDecay: [DecayExemption] = [],
        lookahead: LookaheadOptions? = nil
    ) {
        precondition(
            AllowedNumbers.notNegative.contains(learningRate), "a learning rate of \(learningRate)")
        let options = [
            NamedOption(Self.rateName, .number(learningRate)),
            NamedOption("rule", .text(String(describing: rule))),
        ]
        self.init(rule.name, rule, learningRate, options, sharded, noDecay, lookahead)
    }

    private init(
        _ name: String, _ rule: any UpdateRule, _ learningRate: Double, _ options: [NamedOption],
        _ sharded: Bool, _ noDecay: [DecayExemption], _ lookahead: LookaheadOptions?
    ) {
        self.name = name
        plain = rule
        self.rule = lookahead?.wrap(rule) ?? rule
        self.learningRate = learningRate
        self.options = options
        isSharded = sharded
        self.noDecay = DecayExemption.allCases.filter(noDecay.contains)
        self.lookahead = lookahead
    }

    /// Throws if `noDecay` is set for a rule whose options have no weight decay; a rule given as a value is accepted.
    public func check() throws(OptionError) {
        guard !noDecay.isEmpty, !options.contains(where: { ["weight_decay", "rule"].contains($0.name) })
        else { return }
        throw OptionError(
            .conflict, key: "no_decay", value: "[\(noDecay.map(\.rawValue).joined(separator: ", "))]",
            allowed: "left out: \(name) has no weight decay")
    }

    /// The names of all optimizers, in the order in which they are listed to a user.
    public static var names: [String] { ChoiceList.updateRules.names }

    /// The option names of one optimizer; throws on an unknown optimizer.
    public static func optionNames(of name: String) throws(OptionError) -> [String] {
        try ChoiceList.updateRules.choice(name).options.map(\.name)
    }

    private static let rateName = "lr"
}

extension ChoiceList where Element == any UpdateRule {
    /// Every built-in optimizer; each has the option `lr`.
    public static var updateRules: ChoiceList {
        ChoiceList(
            "optimizer",
            [
                NamedChoice(SGD.self), NamedChoice(DeltaBarDelta.self), NamedChoice(Adagrad.self),
                NamedChoice(RMSprop.self), NamedChoice(Adadelta.self), NamedChoice(Adam.self),
                NamedChoice(AMSGrad.self), NamedChoice(NAdam.self), NamedChoice(RAdam.self),
                NamedChoice(AdamW.self), NamedChoice(Adamax.self), NamedChoice(LARS.self),
                NamedChoice(LAMB.self), NamedChoice(SWATS.self), NamedChoice(NewtonCG.self),
            ])
    }
}

extension NamedChoice where Element == any UpdateRule {
    /// A choice of the rule by its name, with its options.
    public init<Rule: UpdateRule & Choice>(_: Rule.Type) {
        self.init(
            Rule.name, Rule.summary, Rule.options, source: Rule.source, lacks: Rule.lacks
        ) { options throws(OptionError) in
            try Rule(options: options)
        }
    }
}
