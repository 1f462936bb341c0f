import Layers
import Optimizers
import Options

/// The value of `training.early_stopping`: the rule and, if it is given there, the metric.
struct EarlyStoppingSetting: Sendable {
    var rule: EarlyStopping
    var metric: String?
}

extension OptionCodec where Value == EarlyStoppingSetting {
    static func earlyStopping(_ customs: [CustomMetric]) -> OptionCodec {
        OptionCodec.options(
            "options such as {metric: validation_accuracy, patience: 5}",
            [
                .optional(
                    "metric", OptionCodec<String>.watchedMetric(customs).form, default: .none,
                    "What is watched."),
                .optional("patience", .whole(1...1_000_000), default: 5, "Epochs without improvement."),
                .optional(
                    "min_change", .number(.notNegative), default: 0, alias: "min_delta",
                    "How much better than the best counts as better."),
                .optional(
                    "restore_best", default: true, "Whether the run ends with the best epoch's weights."),
            ],
            encode: {
                [
                    NamedOption("patience", .whole($0.rule.patience)),
                    NamedOption("min_change", .number($0.rule.minimumChange)),
                    NamedOption("restore_best", .flag($0.rule.restoresBest)),
                ]
            },
            decode: { options in
                EarlyStoppingSetting(
                    rule: EarlyStopping(
                        patience: options.whole("patience"), minimumChange: options.number("min_change"),
                        restoresBest: options.flag("restore_best")),
                    metric: options.value("metric") == .none ? nil : options.text("metric"))
            })
    }
}

/// The value of `training.watch`: the metric, if one is named, and whether evaluations within epochs are watched.
struct WatchSetting: Sendable {
    var metric: String?
    var isBySteps = false
}

extension OptionCodec where Value == WatchSetting {
    /// A metric, or {metric: validation_loss, by: step}.
    static func watch(_ customs: [CustomMetric]) -> OptionCodec {
        let metric = OptionCodec<String>.watchedMetric(customs)
        let places = ["epoch", "step"]
        let options = OptionCodec<WatchSetting>.options(
            "options such as {metric: validation_loss, by: step}",
            [
                .optional("metric", metric.form, default: .none, "What is watched."),
                .optional(
                    "by", .word("unit", places), default: "epoch",
                    "Whether ends of epochs alone count, or the evaluations within them too."),
            ],
            encode: {
                [
                    NamedOption("metric", $0.metric.map(OptionValue.text) ?? .none),
                    NamedOption("by", .text(places[$0.isBySteps ? 1 : 0])),
                ]
            },
            decode: { options in
                WatchSetting(
                    metric: options.value("metric") == .none ? nil : options.text("metric"),
                    isBySteps: options.text("by") == places[1])
            })
        return OptionCodec(
            .either([metric.form, options.form], "a metric, or {metric: validation_loss, by: step}")
        ) { watch in
            watch.isBySteps ? options.encode(watch) : watch.metric.map(metric.encode) ?? .none
        } decode: { value throws(OptionError) in
            guard case .options = value else { return WatchSetting(metric: try metric.decode(value)) }
            return try options.decode(value)
        }
    }
}

extension OptionCodec where Value == String {
    /// The names of metrics that decisions may watch: the training loss, or a number of the validation set.
    static func watchedMetric(_ customs: [CustomMetric]) -> OptionCodec {
        let names = Metric.numberNames + customs.map(\.name)
        return OptionCodec(
            .word(
                "metric", ["train_loss"] + names.map { "validation_\($0)" },
                pattern: "validation_top_[1-9][0-9]*_accuracy")
        ) {
            .text($0)
        } decode: { value in
            guard case .text(let text) = value else { preconditionFailure("\(value) is no name of a metric") }
            return text
        }
    }
}

extension OptionCodec where Value == Metric {
    /// A metric by its name; `top_K_accuracy` is valid for any K.
    static func metric(_ customs: [CustomMetric]) -> OptionCodec {
        let names = Metric.names + customs.map(\.name)
        return OptionCodec(.word("metric", names, pattern: "top_[1-9][0-9]*_accuracy")) {
            .text($0.name)
        } decode: { value throws(OptionError) in
            if case .text(let text) = value,
                let metric = Metric(name: text, among: customs.map(Metric.custom))
            {
                return metric
            }
            throw OptionError(
                .unknownName, key: "metric", value: value.description,
                allowed: "one of \(names.joined(separator: ", "))", candidates: names)
        }
    }
}

extension OptionCodec where Value == Int {
    /// An amount of memory in bytes, written with a unit: 8 GiB, 1.5 GiB, 16 GB.
    static let memory = OptionCodec(
        .word(
            "amount of memory", ["8 GiB", "512 MiB"],
            pattern: "[1-9][0-9]{0,5}([.][0-9]{1,3})? ?[KMGT]i?B|[1-9][0-9]{0,17} ?B")
    ) { byteCount in
        let unit = memoryUnits.first { byteCount % $0.byteCount == 0 }
        return .text("\(byteCount / (unit?.byteCount ?? 1)) \(unit?.name ?? "B")")
    } decode: { value in
        guard case .text(let text) = value,
            let unit = memoryUnits.first(where: { text.hasSuffix($0.name) }),
            let count = Double(text.dropLast(unit.name.count).filter { $0 != " " })
        else { preconditionFailure("\(value) is no amount of memory as its form says") }
        return max(1, Int((count * Double(unit.byteCount)).rounded()))
    }

    /// The names that end with others come first, as do larger units.
    private static let memoryUnits: [(name: String, byteCount: Int)] = [
        ("TiB", 1 << 40), ("TB", 1_000_000_000_000), ("GiB", 1 << 30), ("GB", 1_000_000_000),
        ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1000), ("B", 1),
    ]
}

extension OptionCodec where Value == BatchGrowth {
    static let batchGrowth = OptionCodec.options(
        "options such as {factor: 2, epochs: [3, 6]}",
        [
            .optional(
                "epochs", .list(.whole(1...1_000_000), "a list of epochs such as [3, 6]"), default: .none,
                "The epochs at whose start it grows, counted from 0."),
            .optional(
                "every", .whole(1...1_000_000), default: .none, "Epochs between two times at which it grows."),
            .optional(
                "noise", default: false, "Whether it grows while the gradient noise scale is above it."),
            .optional(
                "factor",
                .number(AllowedNumbers("a number above 1 and at most 1000", above: 1, atMost: 1000)),
                default: 2,
                "What it grows by each time."),
            .optional("max", .whole(1...16_777_216), default: .none, "Examples it does not grow beyond."),
        ],
        encode: { growth in
            let trigger: NamedOption =
                switch growth.trigger {
                case .atEpochs(let epochs): NamedOption("epochs", .list(epochs.map(OptionValue.whole)))
                case .every(let interval): NamedOption("every", .whole(interval))
                case .noise: NamedOption("noise", true)
                }
            return [
                trigger, NamedOption("factor", .number(growth.factor)),
                NamedOption("max", growth.maximum.map(OptionValue.whole) ?? .none),
            ]
        },
        decode: { options throws(OptionError) in
            var triggers: [BatchGrowth.Trigger] = []
            if case .list(let epochs) = options.value("epochs") {
                triggers.append(.atEpochs(try increasing(epochs)))
            }
            if let every = options.wholeIfAny("every") { triggers.append(.every(every)) }
            if options.flag("noise") { triggers.append(.noise) }
            guard let trigger = triggers.first else {
                throw OptionError(
                    .missingOption, key: "epochs", value: "",
                    allowed: "a list of epochs such as [3, 6], unless every or noise says when")
            }
            let names = ["epochs", "every", "noise"].filter { ![.none, false].contains(options.value($0)) }
            guard names.count == 1 else {
                throw OptionError(
                    .conflict, key: names[1], value: options.value(names[1]).description,
                    allowed: "left out beside \(names[0]), which says when")
            }
            return BatchGrowth(
                trigger, factor: options.number("factor"), maximum: options.wholeIfAny("max"))
        })

    private static func increasing(_ values: [OptionValue]) throws(OptionError) -> [Int] {
        var epochs: [Int] = []
        for (place, value) in values.enumerated() {
            let epoch = try OptionCodec<Int>.whole(1...1_000_000).decode(value)
            if let last = epochs.last, epoch <= last {
                throw OptionError(
                    .outOfRange, key: "epochs.\(place)", value: "\(epoch)",
                    allowed: "above the epoch before it, \(last)")
            }
            epochs.append(epoch)
        }
        return epochs
    }
}

extension OptionCodec where Value == LossSpikeGuard {
    static let lossSpikeGuard = OptionCodec.options(
        "options such as {sigma: 6, window: 128}",
        [
            .optional(
                "sigma",
                .number(AllowedNumbers("a number above 0 and at most 1000000", above: 0, atMost: 1e6)),
                default: 6, "Standard deviations above the mean."),
            .optional(
                "window", .whole(LossSpikeGuard.windows), default: 128, "Steps whose losses are looked at."),
        ], short: "sigma",
        encode: { [NamedOption("sigma", .number($0.sigma)), NamedOption("window", .whole($0.window))] },
        decode: { LossSpikeGuard(sigma: $0.number("sigma"), window: $0.whole("window")) })
}

extension OptionCodec where Value == PlateauEscape {
    /// There is only one action so far.
    static let plateauEscape = OptionCodec.options(
        "options such as {action: escape, patience: 3}",
        [
            .optional("action", .word("action", ["escape"]), default: "escape", "To leave a saddle."),
            .optional("patience", .whole(1...1_000_000), default: 3, "Epochs in a row without a fall."),
            .optional(
                "min_delta", .number(AllowedNumbers("a number from 0 to below 1", atLeast: 0, below: 1)),
                default: 1e-4, alias: "min_change", "The share of the lowest loss that a fall must exceed."),
        ], short: "action",
        encode: {
            [
                NamedOption("action", "escape"), NamedOption("patience", .whole($0.patience)),
                NamedOption("min_delta", .number($0.minimumChange)),
            ]
        },
        decode: { PlateauEscape(patience: $0.whole("patience"), minimumChange: $0.number("min_delta")) })
}

extension OptionCodec where Value == GradientClipping {
    static let gradientClipping = OptionCodec(
        .options(
            [
                .optional(
                    "norm", .number(.positive), default: .none, alias: "max_norm",
                    "The largest norm a gradient may have."),
                .optional(
                    "value", .number(.positive), default: .none, "The largest size an element may have."),
            ], "options such as {norm: 1.0}", short: "norm")
    ) { clipping in
        if let norm = clipping.maximumNorm { return .options([NamedOption("norm", .number(norm))]) }
        if let value = clipping.maximumValue { return .options([NamedOption("value", .number(value))]) }
        return .none
    } decode: { value throws(OptionError) in
        guard case .options(let options) = value else { return .off }
        switch (options["norm"], options["value"]) {
        case (.number(let norm)?, nil): return try GradientClipping(maximumNorm: norm)
        case (nil, .number(let limit)?): return try GradientClipping(maximumValue: limit)
        case (.some, .some(let limit)):
            throw OptionError(
                .conflict, key: "value", value: limit.description,
                allowed: "left out beside norm: a gradient is clipped by one of the two")
        default:
            throw OptionError(
                .missingOption, key: "norm", value: "", allowed: "the largest norm a gradient may have")
        }
    }
}

extension OptionCodec where Value == MomentumSchedule {
    /// nesterov, {values: [0.5, 0.9, 0.99], epochs: [0, 5, 20]}, or {from: 0.5, to: 0.99, epochs: 10}. The values are
    /// checked when a schedule is made.
    static let momentumSchedule = OptionCodec(.wordOr(nesterov, byEpochs.form)) {
        $0 == .nesterov ? .text(nesterov) : byEpochs.encode($0)
    } decode: { value throws(OptionError) in
        value == .text(nesterov) ? .nesterov : try byEpochs.decode(value)
    }

    private static let nesterov = "nesterov"

    private static let byEpochs = OptionCodec.options(
        "{values: [0.5, 0.9], epochs: [0, 5]} or {from: 0.5, to: 0.9, epochs: 5}",
        [
            .optional(
                "values", .numbers(.all, count: nil), default: .none,
                "The momentum from each of the epochs on."),
            .optional("from", .number(.all), default: .none, "The momentum at the start."),
            .optional("to", .number(.all), default: .none, "The momentum at the end."),
            .required(
                "epochs",
                .either(
                    [.number(.all), .numbers(.all, count: nil)],
                    "the epochs of the values, or how many the change takes"),
                "The epochs of the values, or how many the change takes."),
        ],
        encode: { schedule in
            switch schedule {
            case .piecewise(let values, let epochs):
                [NamedOption("values", .numbers(values)), NamedOption("epochs", .numbers(epochs))]
            case .linear(let start, let end, let epochs):
                [
                    NamedOption("from", .number(start)), NamedOption("to", .number(end)),
                    NamedOption("epochs", .number(epochs)),
                ]
            case .nesterov: []
            }
        },
        decode: { options throws(OptionError) in
            let epochs = options.value("epochs")
            if let values = options.numbersIfAny("values") {
                for key in ["from", "to"] where options.value(key) != .none {
                    throw OptionError(
                        .conflict, key: key, value: options.value(key).description,
                        allowed: "left out beside values")
                }
                guard case .numbers(let numbers) = epochs else {
                    throw OptionError(
                        .wrongType, key: "epochs", value: epochs.description, allowed: "a list of numbers")
                }
                return .piecewise(values: values, epochs: numbers)
            }
            for key in ["from", "to"] where options.value(key) == .none {
                throw OptionError(
                    .missingOption, key: key, value: "",
                    allowed:
                        "a number, as in {values: [0.5, 0.9], epochs: [0, 5]} or {from: 0.5, to: 0.9, epochs: 5}"
                )
            }
            guard case .number(let length) = epochs else {
                throw OptionError(.wrongType, key: "epochs", value: epochs.description, allowed: "a number")
            }
            return .linear(from: options.number("from"), to: options.number("to"), epochs: length)
        })
}
