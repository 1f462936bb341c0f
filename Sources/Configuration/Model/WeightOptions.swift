import Layers

/// What linear and conv2d layers say about their weights: first values, and whether they are normalized.
package struct WeightOptions: Sendable, Equatable {
    /// How the weight's first values are drawn; torch's default for the layer unless given.
    package let weight: InitializerConfiguration?
    /// How the bias's first values are drawn; torch's default for the layer unless given.
    package let bias: InitializerConfiguration?
    /// Whether the weight is a parameter or computed of others; a parameter unless given.
    package let form: WeightForm

    /// The options of a layer, as YAML names them.
    static let keys = ["init", "weight_norm", "spectral_norm"]

    /// Options with torch's defaults.
    package init(
        weight: InitializerConfiguration? = nil, bias: InitializerConfiguration? = nil,
        form: WeightForm = .plain
    ) {
        self.weight = weight
        self.bias = bias
        self.form = form
    }

    /// Reads the options of a layer.
    init(_ map: SettingMap, hasBias: Bool) throws(ConfigurationError) {
        let normalizes = try map["weight_norm"]?.flag() ?? false
        if try map["spectral_norm"]?.flag() ?? false {
            if normalizes, let setting = map["spectral_norm"] {
                throw setting.error(.conflict, "a layer has weight_norm or spectral_norm, not both")
            }
            form = .spectralNorm
        } else {
            form = normalizes ? .weightNorm : .plain
        }
        guard let setting = map["init"] else {
            (weight, bias) = (nil, nil)
            return
        }
        let initializers = try LayerInitializers(setting)
        if !hasBias, let place = initializers.biasPlace {
            throw place.error(.conflict, "the layer has no bias")
        }
        (weight, bias) = (initializers.weight, initializers.bias)
    }

    /// What differs from the defaults, as options of a layer.
    var spelling: [(key: String, value: String)] {
        var options: [(key: String, value: String)] = []
        if weight != nil || bias != nil {
            options.append(("init", LayerInitializers(weight: weight, bias: bias).yaml))
        }
        if form != .plain { options.append((form.rawValue, "true")) }
        return options
    }

    /// The weight's initializer: its own, else the model's, else torch's default for the layer.
    func weightInitializer(_ standard: LayerInitializers?) -> Initializer {
        (weight ?? standard?.weight)?.initializer ?? .torchDefault
    }

    /// The bias's initializer, if it is not torch's default for the layer.
    func biasInitializer(_ standard: LayerInitializers?) -> Initializer? {
        (bias ?? standard?.bias)?.initializer
    }
}
