import Options

extension ChoiceList where Element == Loss {
    /// Every loss that a configuration may name.
    public static var losses: ChoiceList {
        ChoiceList(
            "loss",
            [
                NamedChoice(
                    CrossEntropyLoss.name, "Softmax cross-entropy of class labels, on logits.",
                    [
                        .optional(
                            "label_smoothing", .number(.unitInterval), default: 0,
                            "The part of each label that is spread over all classes."),
                        .optional(
                            "class_weights",
                            .numbers(.notNegative, count: nil, "a list of weights, one per class"),
                            default: .none, "What each class counts; 1 each unless given."),
                        .optional(
                            "ignore_index", .whole(-Int(Int32.max)...Int(Int32.max)),
                            default: .whole(CrossEntropyLoss.torchIgnoreIndex),
                            "The label of positions that do not count."),
                    ], source: "label_smoothing: Szegedy et al. 2016"
                ) { options throws(OptionError) in
                    let weights = options.numbersIfAny("class_weights")
                    if let weights, !weights.contains(where: { Float($0) > 0 }) {
                        throw OptionError(
                            .outOfRange, key: "class_weights",
                            value: OptionValue.numbers(weights).description,
                            allowed: "weights of which one is above 0")
                    }
                    return .crossEntropy(
                        labelSmoothing: options.number("label_smoothing"), classWeights: weights,
                        ignoreIndex: options.whole("ignore_index"))
                },
                NamedChoice(
                    SquaredErrorLoss.name, "The mean of (prediction − target)², on outputs as they are.",
                    [reduction]
                ) { options throws(OptionError) in
                    .squaredError(reduction: try options.word("reduction"))
                },
                NamedChoice(
                    BinaryCrossEntropyLoss.name, "Cross-entropy of independent yes-or-no answers, on logits.",
                    [
                        .optional(
                            "pos_weight",
                            .either(
                                [
                                    .number(.notNegative),
                                    .numbers(.notNegative, count: nil, "a list of weights, one per output"),
                                ], "a number, or one per output"), default: .none,
                            "What a yes counts: one number, or one per output; 1 unless given.")
                    ], source: "PyTorch"
                ) { options throws(OptionError) in
                    let weights = options.numbersIfAny("pos_weight")
                    if let weights, weights.isEmpty {
                        throw OptionError(
                            .outOfRange, key: "pos_weight", value: "[]",
                            allowed: "a number, or one per output")
                    }
                    return .binaryCrossEntropy(positiveWeights: weights)
                },
                NamedChoice(
                    AbsoluteErrorLoss.name, "The mean of |prediction − target|, on outputs as they are.",
                    [reduction]
                ) { options throws(OptionError) in
                    .absoluteError(reduction: try options.word("reduction"))
                },
                NamedChoice(
                    HuberLoss.name, "Quadratic up to delta, linear beyond.",
                    [bend("delta", "Where the quadratic part ends, in the targets' unit."), reduction],
                    source: "Huber 1964"
                ) { options throws(OptionError) in
                    .huber(delta: options.number("delta"), reduction: try options.word("reduction"))
                },
                NamedChoice(
                    SmoothL1Loss.name, "The Huber loss divided by its bend.",
                    [bend("beta", "Where the quadratic part ends, in the targets' unit."), reduction],
                    source: "PyTorch"
                ) { options throws(OptionError) in
                    .smoothL1(beta: options.number("beta"), reduction: try options.word("reduction"))
                },
                NamedChoice(
                    HingeLoss.name,
                    "A penalty for scores that win by less than a margin; of ±1 with one output.",
                    [bend("margin", "The score by which the right class is to win.")],
                    source: "Crammer & Singer 2001"
                ) { .hinge(margin: $0.number("margin")) },
            ])
    }

    private static var reduction: OptionDeclaration {
        .optional(
            "reduction", .word("reduction", LossReduction.allCases.map(\.rawValue)),
            default: .text(LossReduction.mean.rawValue),
            "Whether an example's loss is the mean or the sum over its outputs.")
    }

    /// An option that must be above 0 and large enough that its reciprocal is finite in Float32.
    private static func bend(_ name: String, _ summary: String) -> OptionDeclaration {
        .optional(
            name, .number(AllowedNumbers("a finite number above 0", atLeast: 3e-39)), default: 1, summary)
    }
}

extension Loss {
    /// The loss as an option: its name with the options that are set.
    package var option: OptionValue { .choice(name, function.options) }
}
