import Options

/// The layers and initializers that a configuration may name.
public struct LayerParts: Sendable {
    /// The kind of an option that is a layer.
    public static let layerKind = "layer"
    /// The kind of an option that is an initializer.
    public static let initializerKind = "initializer"

    /// How error messages describe what such an option must be.
    static let layerPhrase = "a layer such as relu or linear: 128"

    /// The layers to choose from.
    public let layers: ChoiceList<LayerMaker>
    /// The initializers to choose from.
    public let initializers: ChoiceList<Initializer>
    /// The `init` of layers that leave it out, or leave a part of it out.
    public let initial: OptionValue

    /// Parts from these lists.
    public init(
        layers: ChoiceList<LayerMaker>, initializers: ChoiceList<Initializer>, initial: OptionValue = .none
    ) {
        self.layers = layers
        self.initializers = initializers
        self.initial = initial
    }

    /// The layer that a value names, with parameters of its own; an error about an option has the layer's name in front
    /// of its key ("linear.out").
    public func layer(_ value: OptionValue) throws(OptionError) -> any Layer {
        guard let (name, _) = ChoiceForm.parts(value) else {
            throw OptionError(
                .wrongType, key: "name", value: value.description, allowed: Self.layerPhrase)
        }
        let maker = try layers.make(value)
        do throws(OptionError) { return try maker.layer(self) } catch { throw error.inside(name) }
    }

    /// The layers of a list; an error's key starts with the index of the layer that it is about.
    public func layers(_ value: OptionValue) throws(OptionError) -> [any Layer] {
        guard case .list(let elements) = value else { return [] }
        var all: [any Layer] = []
        for (place, element) in elements.enumerated() {
            do throws(OptionError) { all.append(try layer(element)) } catch {
                throw error.inside("\(place)")
            }
        }
        return all
    }

    /// The initializer that a value names.
    public func initializer(_ value: OptionValue) throws(OptionError) -> Initializer {
        try initializers.make(value)
    }
}
