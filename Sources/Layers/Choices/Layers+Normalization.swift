import Options

/// The layers that normalize.
extension NamedChoice where Element == LayerMaker {
    static var batchNorm: NamedChoice {
        NamedChoice(
            "batch_norm",
            "Normalization over the whole mini-batch, with sync: false over each shard (ghost).",
            [sync, momentum(0.1), epsilon, affine(true, isWritten: false)],
            source: "Ioffe & Szegedy 2015, Hoffer et al. 2017"
        ) {
            LayerMaker(
                BatchNormalization(
                    momentum: $0.number("momentum"), epsilon: $0.number("eps"),
                    synchronized: $0.flag("sync"), affine: $0.flag("affine")))
        }
    }

    static var batchRenorm: NamedChoice {
        let standard = BatchRenormalization.Limits()
        @Sendable func declared(after warmup: Int) -> [OptionDeclaration] {
            [
                sync, momentum(0.01), epsilon,
                .optional(
                    "r_max", .number(AllowedNumbers("at least 1", atLeast: 1)),
                    default: .number(standard.rMax),
                    "The largest factor between the mini-batch's deviation and the running one."),
                .optional(
                    "d_max", .number(AllowedNumbers("at least 0", atLeast: 0)),
                    default: .number(standard.dMax),
                    "The largest distance of the mini-batch's mean from the running one, in its deviations."),
                steps("warmup_steps", standard.warmup, "Steps of plain batch normalization."),
                steps("r_steps", max(standard.rSteps, warmup), "The step at which r_max is reached."),
                steps("d_steps", max(standard.dSteps, warmup), "The step at which d_max is reached."),
            ]
        }
        return NamedChoice(
            "batch_renorm",
            "Batch normalization that agrees with its running statistics, for small mini-batches.",
            declared(after: 0), source: "Ioffe 2017",
            dependent: { given, _ in
                switch given["warmup_steps"] {
                case .whole(let steps): declared(after: steps)
                case .number(let steps): declared(after: Int(exactly: steps) ?? 0)
                default: declared(after: 0)
                }
            }
        ) { options throws(OptionError) in
            let warmup = options.whole("warmup_steps")
            let limits = BatchRenormalization.Limits(
                rMax: options.number("r_max"), dMax: options.number("d_max"), warmup: warmup,
                rSteps: try end("r_steps", options, after: warmup),
                dSteps: try end("d_steps", options, after: warmup))
            return LayerMaker(
                BatchRenormalization(
                    momentum: options.number("momentum"), epsilon: options.number("eps"), limits: limits,
                    synchronized: options.flag("sync")))
        }
    }

    static var layerNorm: NamedChoice {
        let phrase = "a whole number, or a list of them such as [16, 8, 8]"
        @Sendable func declared(bias: OptionValue) -> [OptionDeclaration] {
            [
                .optional(
                    "normalized_shape",
                    .either([.whole(LayerLimits.sizes), .list(.whole(LayerLimits.sizes), phrase)], phrase),
                    default: .none, "The last extents, over which it normalizes; all of them unless given."),
                epsilon,
                .optional(
                    "elementwise_affine", default: true,
                    "Whether the result is scaled and shifted by parameters."),
                .optional(
                    "bias", .flag, default: bias, "Whether the result is shifted, too; not without a scale."),
            ]
        }
        return NamedChoice(
            "layer_norm", "Normalization of each example over its last dimensions.", declared(bias: true),
            short: "normalized_shape", source: "Ba et al. 2016",
            dependent: { given, _ in
                declared(bias: given["elementwise_affine"] == .flag(false) ? .none : true)
            }
        ) { options throws(OptionError) in
            let affine = options.flag("elementwise_affine")
            guard affine || !options.given.contains("bias") else {
                throw OptionError(
                    .conflict, key: "bias", value: options.value("bias").description,
                    allowed: "left out: it goes with elementwise_affine: true")
            }
            let shape = try options.wholes("normalized_shape", in: LayerLimits.sizes)
            guard !shape.isEmpty || options.value("normalized_shape") == .none else {
                throw OptionError(
                    .wrongType, key: "normalized_shape", value: "[]", allowed: "at least one extent")
            }
            return LayerMaker(
                LayerNormalization(
                    shape.isEmpty ? nil : shape, epsilon: options.number("eps"), affine: affine,
                    bias: affine && options.flag("bias")))
        }
    }

    static var groupNorm: NamedChoice {
        NamedChoice(
            "group_norm", "Normalization of each example over groups of channels.",
            [
                .required("num_groups", .whole(LayerLimits.sizes), "The number of groups of channels."),
                epsilon, affine(true),
            ], short: "num_groups", source: "Wu & He 2018"
        ) {
            LayerMaker(
                GroupNormalization(
                    $0.whole("num_groups"), epsilon: $0.number("eps"), affine: $0.flag("affine")))
        }
    }

    static var instanceNorm: NamedChoice {
        NamedChoice(
            "instance_norm", "Normalization of each channel of each example.", [epsilon, affine(false)],
            source: "Ulyanov et al. 2016"
        ) {
            LayerMaker(InstanceNormalization(epsilon: $0.number("eps"), affine: $0.flag("affine")))
        }
    }

    private static var sync: OptionDeclaration {
        .optional("sync", default: true, "Whether moments are the whole mini-batch's, not each shard's.")
    }

    private static func momentum(_ standard: Double) -> OptionDeclaration {
        .optional(
            "momentum", .number(.unitInterval), default: .number(standard),
            "What a mini-batch counts in the running moments.")
    }

    private static var epsilon: OptionDeclaration {
        .optional(
            "eps", .number(AllowedNumbers("a number above 0 and below 1", above: 0, below: 1)), default: 1e-5,
            "What is added to variances.")
    }

    private static func affine(_ standard: Bool, isWritten: Bool = true) -> OptionDeclaration {
        .optional(
            "affine", default: .flag(standard), isWritten: isWritten,
            "Whether each channel is scaled and shifted by parameters.")
    }

    private static func steps(_ name: String, _ standard: Int, _ summary: String) -> OptionDeclaration {
        .optional(name, .whole(LayerLimits.steps), default: .whole(standard), summary)
    }

    private static func end(
        _ name: String, _ options: ResolvedOptions, after warmup: Int
    ) throws(OptionError) -> Int {
        let end = options.whole(name)
        guard options.given.contains(name) else { return max(end, warmup) }
        guard end >= warmup else {
            throw OptionError(
                .conflict, key: name, value: "\(end)",
                allowed: "at least warmup_steps, which is \(warmup)")
        }
        return end
    }
}
