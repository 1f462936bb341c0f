import Layers

/// A ready-made model with all its options, given or default.
package enum BuiltInModelConfiguration: Sendable, Equatable {
    /// Dense layers with ReLU between them; `hidden` are the units of each hidden layer.
    case mlp(hidden: [Int])
    /// LeNet-5.
    case lenet5
    /// Two convolutions of `first` and `second` channels with batch norm, then a hidden dense layer.
    case cnn(first: Int, second: Int, hidden: Int, sync: Bool)
    /// The residual network for small images, of 6 · blocks + 2 layers.
    case resnet20(blocks: Int, width: Int, sync: Bool)
    /// The residual network for large images.
    case resnet18(sync: Bool)

    /// Reads the name of a model, or {name: ..., options}.
    init(_ setting: Setting) throws(ConfigurationError) {
        guard case .mapping(let entries) = setting.node.content else {
            let none = ConfigurationNode(content: .mapping([]), location: setting.node.location)
            try self.init(named: setting, options: Setting(none, path: setting.path, at: setting.location))
            return
        }
        guard let entry = entries.first(where: { $0.key == "name" }) else {
            // The commonest mistake is a list without dashes, whose keys are layers.
            let isLayer = entries.contains { LayerKind.names.contains($0.key) }
            throw setting.error(
                .missing, "expected a list of layers, or a built-in model's name, found keys without a name",
                advice: isLayer ? "put \"- \" in front of every layer" : nil)
        }
        try self.init(
            named: Setting(entry.value, path: setting.inside("name"), at: entry.location), options: setting)
    }

    private init(named name: Setting, options: Setting) throws(ConfigurationError) {
        let model: BuiltInModel = try name.choice("model")
        func map(_ keys: [String]) throws(ConfigurationError) -> SettingMap {
            try SettingMap(options, keys: ["name"] + keys, noun: "option")
        }
        let units = 1...1_000_000
        switch model {
        case .mlp:
            let map = try map(["hidden"])
            self = .mlp(hidden: try map["hidden"].map(Self.sizes) ?? [512, 256])
        case .lenet5:
            _ = try map([])
            self = .lenet5
        case .cnn:
            let map = try map(["channels", "hidden", "sync"])
            let channels = try map["channels"].map(Self.sizes) ?? [32, 64]
            if channels.count != 2, let setting = map["channels"] {
                throw setting.error(.wrongType, "expected a list of 2 whole numbers, found \(channels.count)")
            }
            self = .cnn(
                first: channels[0], second: channels[1], hidden: try map["hidden"]?.whole(in: units) ?? 128,
                sync: try map["sync"]?.flag() ?? true)
        case .resnet20:
            let map = try map(["blocks", "width", "sync"])
            self = .resnet20(
                blocks: try map["blocks"]?.whole(in: 1...100) ?? 3,
                width: try map["width"]?.whole(in: 1...100_000) ?? 16, sync: try map["sync"]?.flag() ?? true)
        case .resnet18:
            self = .resnet18(sync: try map(["sync"])["sync"]?.flag() ?? true)
        }
    }

    /// The model itself with `classes` outputs.
    func model(classes: Int) -> any Model {
        switch self {
        case .mlp(let hidden): Sequential.mlp(hidden: hidden, classes: classes)
        case .lenet5: Sequential.lenet5(classes: classes)
        case .cnn(let first, let second, let hidden, let sync):
            Sequential.cnn(
                channels: (first, second), hidden: hidden, classes: classes, synchronized: sync)
        case .resnet20(let blocks, let width, let sync):
            Sequential.resnet20(blocks: blocks, width: width, classes: classes, synchronized: sync)
        case .resnet18(let sync): ResNet18(classes: classes, synchronized: sync)
        }
    }

    /// The model as one YAML value, with all its options.
    var yaml: String {
        func list(_ sizes: [Int]) -> String { "[" + sizes.map(String.init).joined(separator: ", ") + "]" }
        let options: [(key: String, value: String)] =
            switch self {
            case .mlp(let hidden): [("name", "mlp"), ("hidden", list(hidden))]
            case .lenet5: [("name", "lenet5")]
            case .cnn(let first, let second, let hidden, let sync):
                [
                    ("name", "cnn"), ("channels", list([first, second])), ("hidden", "\(hidden)"),
                    ("sync", "\(sync)"),
                ]
            case .resnet20(let blocks, let width, let sync):
                [("name", "resnet20"), ("blocks", "\(blocks)"), ("width", "\(width)"), ("sync", "\(sync)")]
            case .resnet18(let sync): [("name", "resnet18"), ("sync", "\(sync)")]
            }
        return YAMLWriter.flow(options)
    }

    private static func sizes(_ setting: Setting) throws(ConfigurationError) -> [Int] {
        var sizes: [Int] = []
        for element in try setting.list("a list of whole numbers such as [512, 256]") {
            sizes.append(try element.whole(in: 1...1_000_000))
        }
        return sizes
    }
}
