import Options

/// A model as a configuration describes it: a list of layers, or the name of a built-in model.
///
/// Example:
///
///     let description = ModelDescription(["flatten", .choice("linear", [NamedOption("out", 10)])])
///     let parts = LayerParts(layers: .layers, initializers: .initializers)
///     try description.makeModel(classes: nil, parts: parts, models: .models)
public struct ModelDescription: Sendable, Hashable {
    /// The kind of an option that is a built-in model.
    public static let modelKind = "model"

    /// The list of layers, or the choice of a built-in model.
    public let value: OptionValue

    /// The forms that a model may have in a configuration.
    public static var form: OptionForm {
        .either(
            [layerList, .kind(modelKind, "a built-in model's name")],
            "a list of layers, or a built-in model's name")
    }

    private static var layerList: OptionForm {
        .list(.kind(LayerParts.layerKind, LayerParts.layerPhrase), "a list of layers")
    }

    /// A description of this value, which is not checked until a model is made.
    public init(_ value: OptionValue) { self.value = value }

    /// Makes the model, with parameters of its own that get their shapes when it is traced. Throws where the value
    /// describes no model; the error's key starts with the layer's index and name ("0.linear.out"), and is "name" where
    /// the error is about the model as a whole.
    ///
    /// - Parameter classes: The number of outputs of a built-in model: the data set's classes, or the width of its targets.
    ///   A list of layers says by itself how many it has.
    public func makeModel(
        classes: Int?, parts: LayerParts, models: ChoiceList<ModelMaker>
    ) throws(OptionError) -> any Model {
        if isList { return Sequential(try layers(parts)) }
        let make = try maker(parts, models)
        guard let classes, classes > 0 else {
            throw conflict(
                "takes its number of outputs from the data, which says none",
                advice: "write the model as a list of layers, or give the data labels")
        }
        return make(classes)
    }

    /// The same description with all options of every layer, given or default; throws as `makeModel` does, except about
    /// the number of outputs.
    public func resolved(
        parts: LayerParts, models: ChoiceList<ModelMaker>
    ) throws(OptionError) -> OptionValue {
        // Options that contradict each other are found only by making the layers.
        guard isList else {
            _ = try maker(parts, models)
            return try parts.resolved(value, among: models)
        }
        _ = try layers(parts)
        return try parts.resolved(value, Self.layerList)
    }

    private func layers(_ parts: LayerParts) throws(OptionError) -> [any Layer] {
        let layers = try parts.layers(value)
        guard !layers.isEmpty else {
            throw OptionError(.wrongType, key: "name", value: "[]", allowed: "at least one layer")
        }
        return layers
    }

    private func maker(
        _ parts: LayerParts, _ models: ChoiceList<ModelMaker>
    ) throws(OptionError) -> ModelMaker {
        let make = try models.make(value)
        guard parts.initial == .none else {
            throw conflict(
                "draws its own first values, which init.default cannot change",
                advice: "remove init.default, or write the model as a list of layers")
        }
        return make
    }

    private var isList: Bool {
        switch value {
        case .list, .numbers: true
        default: false
        }
    }

    private func conflict(_ text: String, advice: String) -> OptionError {
        OptionError(
            .conflict, key: "name", value: "",
            allowed: "a list of layers: a built-in model \(text)", advice: advice)
    }
}
