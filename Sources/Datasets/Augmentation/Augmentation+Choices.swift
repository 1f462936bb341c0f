import Options

extension ChoiceList where Element == Augmentation {
    /// All random changes of images, with their options.
    public static var augmentations: ChoiceList {
        let pixels = OptionForm.whole(1...65_535)
        return ChoiceList(
            "augmentation", style: .keyed,
            [
                NamedChoice(
                    "flip", "Mirrors an image.",
                    [
                        probability,
                        .optional("vertical", default: false, "Upside down instead of left to right."),
                    ],
                    short: "p", source: "He et al. 2016"
                ) { .flip(probability: $0.number("p"), vertical: $0.flag("vertical")) },
                NamedChoice(
                    "crop", "Cuts an image of its own size out of the padded one.",
                    [.required("padding", pixels, "Zeros on every side, in pixels.")], short: "padding",
                    source: "He et al. 2016"
                ) { .crop(padding: $0.whole("padding")) },
                NamedChoice(
                    "shift", "Moves an image.",
                    [.required("pixels", pixels, "The farthest it is moved, in pixels.")], short: "pixels"
                ) { .shift(pixels: $0.whole("pixels")) },
                NamedChoice(
                    "rotation", "Turns an image about its middle.",
                    [
                        .required(
                            "degrees",
                            .number(AllowedNumbers("above 0 and at most 180", above: 0, atMost: 180)),
                            "The largest angle, in degrees.")
                    ], short: "degrees"
                ) { .rotation(degrees: $0.number("degrees")) },
                NamedChoice(
                    "erasing", "Sets a rectangle of an image to zero.",
                    [
                        probability,
                        range(
                            "scale", .unitInterval, [0.02, 0.33],
                            "The rectangle's area as a part of the image's."),
                        range(
                            "ratio",
                            AllowedNumbers("at least 0.001 and at most 1000", atLeast: 0.001, atMost: 1000),
                            [0.3, 3.3], "The rectangle's height over its width."),
                    ], short: "p", source: "Zhong et al. 2020"
                ) { options throws(OptionError) in
                    .erasing(
                        probability: options.number("p"), scale: try interval("scale", options),
                        ratio: try interval("ratio", options))
                },
            ])
    }

    private static var probability: OptionDeclaration {
        .optional("p", .number(.unitInterval), default: 0.5, "The probability.")
    }

    private static let rangePhrase = "two numbers, the lower first, as [0.3, 3.3]"

    private static func range(
        _ name: String, _ allowed: AllowedNumbers, _ standard: OptionValue, _ summary: String
    ) -> OptionDeclaration {
        .optional(name, .numbers(allowed, count: 2, rangePhrase), default: standard, summary)
    }

    private static func interval(
        _ name: String, _ options: ResolvedOptions
    ) throws(OptionError) -> ClosedRange<Double> {
        let ends = options.numbers(name)
        guard ends[0] <= ends[1] else {
            throw OptionError(
                .outOfRange, key: name, value: OptionValue.numbers(ends).description, allowed: rangePhrase)
        }
        return ends[0]...ends[1]
    }
}

extension Augmentation {
    /// The change as an option, with all its options.
    package var option: OptionValue {
        let options: [NamedOption] =
            switch self {
            case .flip(let probability, let vertical):
                [NamedOption("p", .number(probability)), NamedOption("vertical", .flag(vertical))]
            case .crop(let padding): [NamedOption("padding", .whole(padding))]
            case .shift(let pixels): [NamedOption("pixels", .whole(pixels))]
            case .rotation(let degrees): [NamedOption("degrees", .number(degrees))]
            case .erasing(let probability, let scale, let ratio):
                [
                    NamedOption("p", .number(probability)),
                    NamedOption("scale", .numbers([scale.lowerBound, scale.upperBound])),
                    NamedOption("ratio", .numbers([ratio.lowerBound, ratio.upperBound])),
                ]
            }
        return .choice(name, options)
    }
}
