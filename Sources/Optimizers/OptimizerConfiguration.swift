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

    /// Makes the optimizer of this name; throws on an unknown name or option, a wrong type or a bad value.
    public init(name: String, options: [String: OptionValue] = [:]) throws(OptimizerError) {
        let choice = try Self.choice(name)
        let resolved = try ResolvedOptions(declared: choice.options, given: options)
        let learningRate = resolved.number("lr")
        try AllowedNumbers.notNegative.check(learningRate, key: "lr")
        self.rule = try choice.init(options: resolved)
        self.learningRate = learningRate
        self.options = resolved.values
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
