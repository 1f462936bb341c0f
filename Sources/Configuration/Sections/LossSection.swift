import Layers

/// The section `loss`: a name, or a name with options: "huber", or {name: huber, delta: 0.5}.
struct LossSection: Sendable, Equatable {
    /// What the section describes; cross_entropy unless given.
    let loss: Loss
    /// Where the section and its options were written; no part of what they describe.
    private let location: SourceLocation
    private var places: [(option: String, location: SourceLocation)] = []

    /// Reads the section; nil is none, in a text that begins at `whole`.
    init(_ setting: Setting?, at whole: SourceLocation) throws(ConfigurationError) {
        loss = try setting.map(Self.loss) ?? .crossEntropy
        location = setting?.location ?? whole
        if let setting, case .mapping(let entries) = setting.node.content {
            places = entries.map { ($0.key, $0.location) }
        }
    }

    /// Whether both describe the same loss, wherever they were written.
    static func == (a: LossSection, b: LossSection) -> Bool { a.loss == b.loss }

    /// The error of a loss that does not fit the model or the data, at the line of the option it is about.
    func configurationError(_ error: ModelError) -> ConfigurationError {
        let place = places.first { $0.option == error.path }?.location ?? location
        let option = error.path.isEmpty ? "" : "\(error.path) "
        return ConfigurationError(.shape, at: place, key: "loss", option + error.reason)
    }

    private static func loss(_ setting: Setting) throws(ConfigurationError) -> Loss {
        guard case .mapping(let entries) = setting.node.content else {
            return try loss(setting.name(of: "loss", among: names), nil)
        }
        guard let entry = entries.first(where: { $0.key == "name" }) else {
            throw setting.missingName(names, standard: CrossEntropyLoss.name)
        }
        let name = try Setting(entry.value, path: setting.inside("name"), at: entry.location)
            .name(of: "loss", among: names)
        let map = try SettingMap(setting, keys: ["name"] + optionNames(of: name), noun: "option of \(name)")
        return try loss(name, map)
    }

    /// The loss as one YAML value: its name, with the options that are set.
    static func yaml(_ loss: Loss) -> String {
        let options = loss.function.options
        guard !options.isEmpty else { return loss.name }
        let pairs = options.map { option in
            switch option.value {
            case .number(let number): (key: option.name, value: YAMLWriter.number(number))
            case .numbers(let numbers):
                (key: option.name, value: "[" + numbers.map(YAMLWriter.number).joined(separator: ", ") + "]")
            }
        }
        return YAMLWriter.flow([(key: "name", value: loss.name)] + pairs)
    }

    /// The losses in the order in which they are listed to a user.
    static let names = [
        CrossEntropyLoss.name, SquaredErrorLoss.name, BinaryCrossEntropyLoss.name, AbsoluteErrorLoss.name,
        HuberLoss.name, SmoothL1Loss.name, HingeLoss.name,
    ]

    private static func optionNames(of name: String) -> [String] {
        switch name {
        case CrossEntropyLoss.name: ["label_smoothing", "class_weights"]
        case BinaryCrossEntropyLoss.name: ["pos_weight"]
        case HuberLoss.name: ["delta"]
        case SmoothL1Loss.name: ["beta"]
        case HingeLoss.name: ["margin"]
        default: []
        }
    }

    /// The loss of a name that is known, with the options of `map`, if there are any.
    private static func loss(_ name: String, _ map: SettingMap?) throws(ConfigurationError) -> Loss {
        switch name {
        case SquaredErrorLoss.name: return .meanSquaredError
        case AbsoluteErrorLoss.name: return .meanAbsoluteError
        case HuberLoss.name: return .huber(delta: try positive(map?["delta"]) ?? 1)
        case SmoothL1Loss.name: return .smoothL1(beta: try positive(map?["beta"]) ?? 1)
        case HingeLoss.name: return .hinge(margin: try positive(map?["margin"]) ?? 1)
        case BinaryCrossEntropyLoss.name:
            return .binaryCrossEntropy(positiveWeights: try map?.optional("pos_weight").map(positiveWeights))
        default:
            let smoothing = try map?["label_smoothing"]?
                .number("at least 0 and at most 1") { (0...1).contains($0) }
            return .crossEntropy(
                labelSmoothing: smoothing ?? 0,
                classWeights: try map?.optional("class_weights").map(classWeights))
        }
    }

    private static func positive(_ setting: Setting?) throws(ConfigurationError) -> Double? {
        try setting?.number("a finite number above 0") {
            $0 > 0 && Float($0).isFinite && Float(1 / $0).isFinite
        }
    }

    private static func weight(_ setting: Setting) throws(ConfigurationError) -> Double {
        try setting.number("a finite number, at least 0") { $0 >= 0 && Float($0).isFinite }
    }

    private static func classWeights(_ setting: Setting) throws(ConfigurationError) -> [Double] {
        var weights: [Double] = []
        for element in try setting.list("a list of weights, one per class") {
            weights.append(try weight(element))
        }
        guard weights.contains(where: { Float($0) > 0 }) else {
            throw setting.error(.outOfRange, "must have a weight above 0")
        }
        return weights
    }

    private static func positiveWeights(_ setting: Setting) throws(ConfigurationError) -> [Double] {
        guard case .sequence = setting.node.content else { return [try weight(setting)] }
        var weights: [Double] = []
        for element in try setting.list("a list of weights, one per output") {
            weights.append(try weight(element))
        }
        guard !weights.isEmpty else { throw setting.wrongType(expected: "a number, or one per output") }
        return weights
    }
}
