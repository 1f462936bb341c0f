import Options

/// What layers are made of: the layers and initializers that a configuration may name.
public struct LayerParts: Sendable {
    /// The kind of an option that is a layer.
    public static let layerKind = "layer"
    /// The kind of an option that is an initializer.
    public static let initializerKind = "initializer"

    /// What an option that is a layer must be.
    static let layerPhrase = "a layer such as relu or linear: 128"

    /// All layers.
    public let layers: ChoiceList<LayerMaker>
    /// All initializers.
    public let initializers: ChoiceList<Initializer>
    /// The option `init` of layers that have one and leave it out, or a part of it.
    public let initial: OptionValue

    /// Parts.
    public init(
        layers: ChoiceList<LayerMaker>, initializers: ChoiceList<Initializer>, initial: OptionValue = .none
    ) {
        self.layers = layers
        self.initializers = initializers
        self.initial = initial
    }

    /// The layer that a value picks by name, with parameters of its own; an error about an option says the layer's name
    /// before it ("linear.out").
    public func layer(_ value: OptionValue) throws(OptionError) -> any Layer {
        guard let (name, _) = ChoiceForm.parts(value) else {
            throw OptionError(
                .wrongType, key: "name", value: value.description, allowed: Self.layerPhrase)
        }
        let maker = try layers.make(value)
        do throws(OptionError) { return try maker.layer(self) } catch { throw error.inside(name) }
    }

    /// The layers of a list; an error names the place of the one it is about.
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

    /// The initializer that a value picks by name.
    public func initializer(_ value: OptionValue) throws(OptionError) -> Initializer {
        try initializers.make(value)
    }
}
