/// An optimizer as a configuration names it: an update rule and the learning rate its schedule starts from.
///
/// Names and options are PyTorch's in snake_case; options left out get PyTorch's defaults.
///
/// Example:
///
///     let optimizer = try OptimizerConfiguration(
///         name: "sgd", options: ["lr": .number(0.05), "momentum": .number(0.9)])
///     optimizer.learningRate              // 0.05
///     optimizer.rule.stateNames           // ["momentum_buffer"]
///     optimizer.options.map(\.name)       // ["lr", "momentum", "dampening", "weight_decay", "nesterov"]
///     OptimizerConfiguration.names.first  // "sgd"
///     let slow = try OptimizerConfiguration(name: "adam", lookahead: LookaheadOptions(k: 10))
///     slow.rule.stateNames                // ["exp_avg", "exp_avg_sq", "slow"]
public struct OptimizerConfiguration: Sendable {
    /// The update rule with its options, wrapped in lookahead if asked for.
    public let rule: any UpdateRule
    /// η₀, the option `lr`: at least 0, per optimizer step.
    public let learningRate: Double
    /// All options with their values, given or default, in the order in which they are listed to a user.
    public let options: [NamedOption]
    /// Whether the state is spread over all ranks of a job instead of being kept once per node (ZeRO-1).
    ///
    /// Every rank then keeps the state of its slices of the parameters alone, updates them and sends the result to
    /// the other nodes. Weights and checkpoints are the same bytes either way, and a run may change it when it is
    /// resumed. On one node nothing is saved: there the state exists once for all ranks anyway.
    ///
    /// Reference: Rajbhandari et al., "ZeRO: Memory optimizations toward training trillion parameter models", SC
    /// 2020, arXiv:1910.02054.
    public let isSharded: Bool
    /// The parameters that are stepped by `rule.withoutWeightDecay`, each kind at most once, in the order of its cases.
    public let noDecay: [DecayExemption]
    /// k and α of lookahead around the rule; nil for none.
    public let lookahead: LookaheadOptions?

    /// Makes the optimizer of this name; throws on an unknown name or option, a wrong type or a bad value, and on
    /// parameters left out of the decay of a rule that has none.
    public init(
        name: String, options: [String: OptionValue] = [:], sharded: Bool = false,
        noDecay: [DecayExemption] = [], lookahead: LookaheadOptions? = nil
    ) throws(OptimizerError) {
        let choice = try Self.choice(name)
        let resolved = try ResolvedOptions(declared: choice.options, given: options)
        let learningRate = resolved.number("lr")
        try AllowedNumbers.notNegative.check(learningRate, key: "lr")
        let rule: any UpdateRule = try choice.init(options: resolved)
        self.rule = lookahead?.wrap(rule) ?? rule
        self.learningRate = learningRate
        self.options = resolved.values
        isSharded = sharded
        self.noDecay = DecayExemption.allCases.filter(noDecay.contains)
        self.lookahead = lookahead
        if !noDecay.isEmpty && !resolved.values.contains(where: { $0.name == "weight_decay" }) {
            throw OptimizerError(
                .conflict, key: "no_decay",
                value: "[\(self.noDecay.map(\.rawValue).joined(separator: ", "))]",
                allowed: "left out: \(name) has no weight decay")
        }
    }

    /// What decides results, as text by which to tell runs apart. Options that were added later count only where they
    /// are not at their default, so that runs from before keep their text.
    public var identity: String {
        let kept = options.filter { $0 != NamedOption("amsgrad", .flag(false)) }
        var text =
            "\(rule.name) \(learningRate) " + kept.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        if !noDecay.isEmpty {
            text += " no_decay=\(noDecay.map(\.rawValue).joined(separator: ","))"
        }
        if let lookahead { text += " lookahead=\(lookahead.k),\(lookahead.alpha)" }
        return text
    }

    /// The names of all optimizers, in the order in which they are listed to a user.
    public static var names: [String] { choices.map { $0.name } }

    /// The option names of one optimizer; throws on an unknown optimizer.
    public static func optionNames(of name: String) throws(OptimizerError) -> [String] {
        try choice(name).options.map(\.name)
    }

    /// Every optimizer there is; each declares the option `lr`.
    private static var choices: [any (UpdateRule & Choice).Type] {
        [
            SGD.self, DeltaBarDelta.self, Adagrad.self, RMSprop.self, Adadelta.self, Adam.self, AMSGrad.self,
            NAdam.self, RAdam.self, AdamW.self, Adamax.self, LARS.self, LAMB.self, SWATS.self,
        ]
    }

    private static func choice(_ name: String) throws(OptimizerError) -> any (UpdateRule & Choice).Type {
        guard let choice = choices.first(where: { $0.name == name }) else {
            throw OptimizerError(
                .unknownName, key: "name", value: name, allowed: "one of \(names.joined(separator: ", "))",
                candidates: names)
        }
        return choice
    }
}
