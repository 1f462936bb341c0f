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
///     OptimizerConfiguration.names        // ["sgd", "adam", "adamw"]
public struct OptimizerConfiguration: Sendable {
    /// The update rule with its options.
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

    /// Makes the optimizer of this name; throws on an unknown name or option, a wrong type or a bad value.
    public init(
        name: String, options: [String: OptionValue] = [:], sharded: Bool = false
    ) throws(OptimizerError) {
        let choice = try Self.choice(name)
        let resolved = try ResolvedOptions(declared: choice.options, given: options)
        let learningRate = resolved.number("lr")
        try AllowedNumbers.notNegative.check(learningRate, key: "lr")
        self.rule = try choice.init(options: resolved)
        self.learningRate = learningRate
        self.options = resolved.values
        isSharded = sharded
    }

    /// The names of all optimizers, in the order in which they are listed to a user.
    public static var names: [String] { choices.map { $0.name } }

    /// The option names of one optimizer; throws on an unknown optimizer.
    public static func optionNames(of name: String) throws(OptimizerError) -> [String] {
        try choice(name).options.map(\.name)
    }

    /// Every optimizer there is; each declares the option `lr`.
    private static var choices: [any (UpdateRule & Choice).Type] { [SGD.self, Adam.self, AdamW.self] }

    private static func choice(_ name: String) throws(OptimizerError) -> any (UpdateRule & Choice).Type {
        guard let choice = choices.first(where: { $0.name == name }) else {
            throw OptimizerError(
                .unknownName, key: "name", value: name, allowed: "one of \(names.joined(separator: ", "))",
                candidates: names)
        }
        return choice
    }
}
