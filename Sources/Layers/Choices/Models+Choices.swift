import Options

extension ChoiceList where Element == ModelMaker {
    /// Every ready-made model.
    public static var models: ChoiceList {
        ChoiceList(
            "model",
            [
                NamedChoice(
                    "mlp", "Dense layers with ReLU between them.",
                    [
                        .optional(
                            "hidden",
                            sizes("a list of whole numbers such as [512, 256]", isEmptyAllowed: true),
                            default: [512, 256], "The units of each hidden layer, the first applied first.")
                    ]
                ) { options throws(OptionError) in
                    let hidden = try options.wholes("hidden", in: LayerLimits.sizes)
                    return { Sequential.mlp(hidden: hidden, classes: $0) }
                },
                NamedChoice(
                    "lenet5", "LeNet-5, with tanh and average pooling.", source: "LeCun et al. 1998"
                ) { _ in
                    { Sequential.lenet5(classes: $0) }
                },
                NamedChoice(
                    "cnn", "Two convolutions with batch normalization, and a hidden dense layer.",
                    [
                        .optional(
                            "channels", sizes("a list of 2 whole numbers"), default: [32, 64],
                            "The channels of the two convolutions."),
                        .optional(
                            "hidden", .whole(LayerLimits.sizes), default: 128,
                            "The units of the hidden dense layer."),
                        sync,
                    ]
                ) { options throws(OptionError) in
                    let channels = try options.wholes("channels", in: LayerLimits.sizes)
                    guard channels.count == 2 else {
                        throw OptionError(
                            .wrongType, key: "channels", value: options.value("channels").description,
                            allowed: "a list of 2 whole numbers")
                    }
                    let (first, second) = (channels[0], channels[1])
                    return {
                        Sequential.cnn(
                            channels: (first, second), hidden: options.whole("hidden"), classes: $0,
                            synchronized: options.flag("sync"))
                    }
                },
                NamedChoice(
                    "resnet20", "The residual network for small images, of 6 · blocks + 2 layers.",
                    [
                        .optional(
                            "blocks", .whole(1...100), default: 3, "Blocks in each of the three stages."),
                        .optional(
                            "width", .whole(1...100_000), default: 16, "Channels of the first stage."),
                        .optional(
                            "shortcut", default: true,
                            "Whether blocks have a shortcut; false for the plain network of the same layers."),
                        sync,
                    ], source: "He et al. 2016"
                ) { options in
                    {
                        Sequential.resnet20(
                            blocks: options.whole("blocks"), width: options.whole("width"), classes: $0,
                            shortcut: options.flag("shortcut"), synchronized: options.flag("sync"))
                    }
                },
                NamedChoice(
                    "resnet18", "The 18-layer residual network for large images.", [sync],
                    source: "He et al. 2016"
                ) { options in
                    { ResNet18(classes: $0, synchronized: options.flag("sync")) }
                },
            ])
    }

    private static func sizes(_ phrase: String, isEmptyAllowed: Bool = false) -> OptionForm {
        .list(.whole(LayerLimits.sizes), phrase, isEmptyAllowed: isEmptyAllowed)
    }

    private static var sync: OptionDeclaration {
        .optional(
            "sync", default: true,
            "Whether batch normalization's moments are the whole mini-batch's, not each shard's.")
    }
}
