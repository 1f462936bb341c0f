import Options

extension ChoiceList where Element == Normalization {
    /// All normalizations of features, with their options.
    public static var normalizations: ChoiceList {
        ChoiceList(
            "normalization",
            [
                NamedChoice("none", "As stored.") { _ in .none },
                NamedChoice(
                    "min_max", "To a range, over the training set.",
                    [
                        .optional(
                            "range",
                            .numbers(
                                AllowedNumbers("a number from -1e6 to 1e6", atLeast: -1e6, atMost: 1e6),
                                count: 2,
                                "two numbers, the lower first, as [-1, 1]"), default: [0, 1],
                            "The least and the largest value, over the training set.")
                    ]
                ) { options throws(OptionError) in
                    let range = options.numbers("range")
                    guard range[0] < range[1] else {
                        throw OptionError(
                            .outOfRange, key: "range", value: OptionValue.numbers(range).description,
                            allowed: "two numbers, the lower first, as [-1, 1]")
                    }
                    return .minMax(low: range[0], high: range[1])
                },
                NamedChoice("standardize", "To mean 0 and deviation 1, over the training set.") { _ in
                    .standardize
                },
                NamedChoice(
                    "whiten", "To mean 0, deviation 1 and no correlation, over the training set.",
                    [
                        .optional(
                            "eps", .number(AllowedNumbers("above 0 and at most 1", above: 0, atMost: 1)),
                            default: 1e-5, "The least variance that counts.")
                    ], source: "Kessy et al. 2018"
                ) { .whiten(eps: $0.number("eps")) },
            ])
    }
}

extension Normalization {
    /// The normalization as an option; a plain name if its options have their defaults.
    package var option: OptionValue {
        switch self {
        case .none, .standardize, .minMax(low: 0, high: 1): .choice(name, [])
        case .minMax(let low, let high): .choice(name, [NamedOption("range", .numbers([low, high]))])
        case .whiten(let eps): .choice(name, [NamedOption("eps", .number(eps))])
        }
    }
}
