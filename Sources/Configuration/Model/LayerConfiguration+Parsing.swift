import Graph

extension LayerConfiguration {
    /// More features, channels or groups than any layer has; products of a few of them still fit an Int.
    static let sizeLimit = 1_000_000
    /// More pixels than any kernel, stride or padding has.
    private static let extentLimit = 1_000

    /// Reads an element of a model list: a layer's name, or the name with its options.
    init(_ element: Setting) throws(ConfigurationError) {
        let form = "a layer such as relu or linear: 128"
        location = element.node.location
        guard case .mapping(let entries) = element.node.content else {
            let name = try Self.checked(element.text(form), element)
            kind = try Self.kind(name, Setting(Self.noOptions(at: location), path: element.inside(name)))
            return
        }
        guard let entry = entries.first, entries.count == 1 else {
            let names = entries.map { ConfigurationError.quoted($0.key) }.prefix(6).joined(separator: ", ")
            throw element.error(
                .wrongType, "expected \(form), found \(entries.isEmpty ? "no key" : "the keys \(names)")",
                advice: "indent a layer's options below its name")
        }
        let name = try Self.checked(entry.key, element)
        let isBare = entry.value.isBlank || entry.value.isNull
        let options = isBare ? Self.noOptions(at: entry.location) : entry.value
        kind = try Self.kind(name, Setting(options, path: element.inside(name), at: entry.location))
    }

    /// Reads a list of layers.
    static func list(_ setting: Setting) throws(ConfigurationError) -> [LayerConfiguration] {
        var layers: [LayerConfiguration] = []
        for element in try setting.list("a list of layers") { layers.append(try LayerConfiguration(element)) }
        return layers
    }

    private static func noOptions(at location: SourceLocation) -> ConfigurationNode {
        ConfigurationNode(content: .mapping([]), location: location)
    }

    private static func checked(_ name: String, _ element: Setting) throws(ConfigurationError) -> String {
        guard LayerKind.names.contains(name) else {
            throw element.error(
                .unknownName, "unknown layer \(ConfigurationError.quoted(name))",
                advice: suggestion(for: name, among: LayerKind.names, noun: "layers"))
        }
        return name
    }

    private static func kind(_ name: String, _ setting: Setting) throws(ConfigurationError) -> LayerKind {
        func plain(_ kind: LayerKind) throws(ConfigurationError) -> LayerKind {
            _ = try SettingMap(setting, keys: [], "no options", noun: "option")
            return kind
        }
        if let kind = try normalization(name, setting) { return kind }
        switch name {
        case "linear": return try linear(setting)
        case "conv2d": return try convolution(setting)
        case "leaky_relu":
            let map = try options(setting, of: name, keys: ["negative_slope"])
            return .leakyReLU(
                negativeSlope: try map["negative_slope"]?
                    .number("a number that Float32 can hold") { Float($0).isFinite } ?? 0.01)
        case "max_pool2d": return .maxPool2d(try window(setting, of: name))
        case "avg_pool2d": return .avgPool2d(try window(setting, of: name))
        case "dropout":
            let map = try options(setting, of: name, keys: ["p"])
            return .dropout(p: try map["p"]?.number("at least 0 and below 1") { (0..<1).contains($0) } ?? 0.5)
        case "residual":
            let map = try SettingMap(setting, keys: ["body", "shortcut"], "the two branches", noun: "option")
            let body = try list(map.required("body", "a list of layers"))
            guard !body.isEmpty else { throw map.missing("body", "a list of at least one layer") }
            return .residual(body: body, shortcut: try map["shortcut"].map(list) ?? [])
        case "relu": return try plain(.relu)
        case "sigmoid": return try plain(.sigmoid)
        case "tanh": return try plain(.tanh)
        case "gelu": return try plain(.gelu)
        case "softmax": return try plain(.softmax)
        case "log_softmax": return try plain(.logSoftmax)
        case "global_avg_pool": return try plain(.globalAvgPool)
        case "flatten": return try plain(.flatten)
        default: preconditionFailure("\(name) is among the layers' names, but has no reader")
        }
    }

    private static func linear(_ setting: Setting) throws(ConfigurationError) -> LayerKind {
        let keys = ["out", "in", "bias", "out_features", "in_features"] + WeightOptions.keys
        let map = try options(setting, of: "linear", keys: keys)
        guard let out = try map.either("out", "out_features") else {
            throw map.missing("out", "the number of features the layer makes, as in linear: 128")
        }
        let bias = try map["bias"]?.flag() ?? true
        return .linear(
            out: try out.whole(in: 1...sizeLimit),
            in: try map.either("in", "in_features")?.whole(in: 1...sizeLimit), bias: bias,
            weights: try WeightOptions(map, hasBias: bias))
    }

    private static func convolution(_ setting: Setting) throws(ConfigurationError) -> LayerKind {
        let keys =
            [
                "out", "in", "kernel", "stride", "padding", "groups", "bias", "out_channels", "in_channels",
                "kernel_size",
            ] + WeightOptions.keys
        let map = try SettingMap(setting, keys: keys, "options such as {out: 32, kernel: 3}", noun: "option")
        guard let outputs = try map.either("out", "out_channels") else {
            throw map.missing("out", "the number of channels the layer makes")
        }
        guard let size = try map.either("kernel", "kernel_size") else {
            throw map.missing("kernel", "the extent of the kernel in pixels, such as 3 or [3, 5]")
        }
        let out = try outputs.whole(in: 1...sizeLimit)
        let inputs = try map.either("in", "in_channels")?.whole(in: 1...sizeLimit)
        let groups = try map["groups"]?.whole(in: 1...sizeLimit) ?? 1
        if let setting = map["groups"] {
            guard out % groups == 0 else {
                throw setting.error(.conflict, "must divide out, which is \(out), is \(groups)")
            }
            if let inputs, inputs % groups != 0 {
                throw setting.error(.conflict, "must divide in, which is \(inputs), is \(groups)")
            }
        }
        let bias = try map["bias"]?.flag() ?? true
        return .conv2d(
            out: out, in: inputs, kernel: try extent(size, atLeast: 1),
            stride: try map["stride"].map { setting throws(ConfigurationError) in
                try extent(setting, atLeast: 1)
            }
                ?? 1,
            padding: try map["padding"].map { setting throws(ConfigurationError) in
                try extent(setting, atLeast: 0)
            } ?? 0,
            groups: groups, bias: bias, weights: try WeightOptions(map, hasBias: bias))
    }

    private static func window(_ setting: Setting, of name: String) throws(ConfigurationError) -> Window2d {
        let map = try options(setting, of: name, keys: ["kernel", "stride", "padding", "kernel_size"])
        guard let size = try map.either("kernel", "kernel_size") else {
            throw map.missing("kernel", "the extent of the window in pixels, as in \(name): 2")
        }
        let kernel = try extent(size, atLeast: 1)
        var stride: Extent2d?
        if let setting = map.optional("stride") { stride = try extent(setting, atLeast: 1) }
        var padding: Extent2d = 0
        if let setting = map["padding"] {
            padding = try extent(setting, atLeast: 0)
            // A window that lies in the padding alone has no largest element.
            guard padding.height * 2 <= kernel.height, padding.width * 2 <= kernel.width else {
                throw setting.outOfRange(
                    "at most half of the kernel, which is [\(kernel.height), \(kernel.width)]")
            }
        }
        return Window2d(kernel: kernel, stride: stride, padding: padding)
    }

    /// The options of a layer whose one obvious number may stand alone.
    static func options(
        _ setting: Setting, of name: String, keys: [String]
    ) throws(ConfigurationError) -> SettingMap {
        var setting = setting
        if case .mapping = setting.node.content {
        } else if let option = LayerKind.mainOption(of: name) {
            // The number keeps its own place, but an error names the layer, since the option was not written.
            let entry = ConfigurationNode.Entry(key: option, location: setting.location, value: setting.node)
            let node = ConfigurationNode(content: .mapping([entry]), location: setting.location)
            setting = Setting(node, path: setting.path, at: setting.location)
        }
        return try SettingMap(setting, keys: keys, "options", noun: "option")
    }

    /// A height and a width: one number for a square, or [height, width].
    private static func extent(_ setting: Setting, atLeast least: Int) throws(ConfigurationError) -> Extent2d
    {
        let range = least...extentLimit
        let expected = "a whole number, or [height, width]"
        guard case .sequence = setting.node.content else {
            return Extent2d(square: try setting.whole(in: range, expected: expected))
        }
        let sides = try setting.list(expected)
        guard sides.count == 2 else {
            throw setting.error(.wrongType, "expected \(expected), found a list of \(sides.count)")
        }
        return Extent2d(try sides[0].whole(in: range), try sides[1].whole(in: range))
    }
}
