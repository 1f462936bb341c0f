import Graph
import Options

/// The layers that multiply by weights.
extension NamedChoice where Element == LayerMaker {
    static var linear: NamedChoice {
        NamedChoice(
            "linear", "A dense layer: y = x wᵀ + b.",
            [
                .required(
                    "out", .whole(LayerLimits.sizes), alias: "out_features",
                    "The number of features it makes."),
                .optional(
                    "in", .whole(LayerLimits.sizes), default: .none, alias: "in_features",
                    "The number of features it takes; as many as there are unless given."),
            ] + weightOptions, short: "out", source: weightSource
        ) { options throws(OptionError) in
            let form = try weightForm(options)
            return LayerMaker(parts: { parts throws(OptionError) in
                let bias = options.flag("bias")
                let initial = try parts.initializers(of: options, hasBias: bias)
                return Linear(
                    options.whole("out"), inputs: options.wholeIfAny("in"), bias: bias,
                    initializer: initial.weight ?? .torchDefault, biasInitializer: initial.bias, form: form)
            })
        }
    }

    static var conv2d: NamedChoice {
        NamedChoice(
            "conv2d", "A convolution of images.",
            [
                .required(
                    "out", .whole(LayerLimits.sizes), alias: "out_channels",
                    "The number of channels it makes."),
                .optional(
                    "in", .whole(LayerLimits.sizes), default: .none, alias: "in_channels",
                    "The number of channels it takes; as many as there are unless given."),
                .required(
                    "kernel", .extent(LayerLimits.extents), alias: "kernel_size",
                    "The extent of the kernel, in pixels."),
                .optional(
                    "stride", .extent(LayerLimits.extents), default: 1,
                    "How far the kernel moves, in pixels."),
                .optional(
                    "padding", .extent(LayerLimits.paddings), default: 0, "Zeros on each side, in pixels."),
                .optional(
                    "groups", .whole(LayerLimits.sizes), default: 1,
                    "Groups of channels that are convolved apart from each other."),
            ] + weightOptions, source: weightSource
        ) { options throws(OptionError) in
            try convolution(options)
        }
    }

    private static func convolution(_ options: ResolvedOptions) throws(OptionError) -> LayerMaker {
        let groups = options.whole("groups")
        for side in ["out", "in"] {
            guard let channels = options.wholeIfAny(side), channels % groups != 0 else { continue }
            throw OptionError(
                .conflict, key: "groups", value: "\(groups)",
                allowed: "a divisor of \(side), which is \(channels)")
        }
        let kernel = try options.extent("kernel", LayerLimits.extents)
        let stride = try options.extent("stride", LayerLimits.extents)
        let padding = try options.extent("padding", LayerLimits.paddings)
        let form = try weightForm(options)
        return LayerMaker(parts: { parts throws(OptionError) in
            let bias = options.flag("bias")
            let initial = try parts.initializers(of: options, hasBias: bias)
            return Conv2d(
                options.whole("out"), inputs: options.wholeIfAny("in"), kernel: kernel, stride: stride,
                padding: padding, groups: groups, bias: bias, initializer: initial.weight ?? .torchDefault,
                biasInitializer: initial.bias, form: form)
        })
    }

    private static var weightSource: String {
        "weight_norm: Salimans & Kingma 2016, spectral_norm: Miyato et al. 2018"
    }

    private static var weightOptions: [OptionDeclaration] {
        [
            .optional("bias", default: true, "Whether it adds a bias."),
            LayerParts.initialDeclaration,
            .optional(
                WeightForm.weightNorm.rawValue, default: false, isWritten: false,
                "Whether the weight is a direction times a length, which are trained."),
            .optional(
                WeightForm.spectralNorm.rawValue, default: false, isWritten: false,
                "Whether the weight is divided by its largest singular value."),
        ]
    }

    private static func weightForm(_ options: ResolvedOptions) throws(OptionError) -> WeightForm {
        let forms = [WeightForm.weightNorm, .spectralNorm].filter { options.flag($0.rawValue) }
        guard forms.count < 2 else {
            throw OptionError(
                .conflict, key: WeightForm.spectralNorm.rawValue, value: "true",
                allowed: "false: a layer has weight_norm or spectral_norm, not both")
        }
        return forms.first ?? .plain
    }
}
