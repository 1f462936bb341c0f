import Options

/// Makes a layer from its options, given the layers and initializers that a configuration may name.
public struct LayerMaker: Sendable {
    private let body: @Sendable (LayerParts) throws(OptionError) -> any Layer

    /// For a layer that contains no other layer.
    public init(_ layer: @autoclosure @escaping @Sendable () -> any Layer) { body = { _ in layer() } }

    /// For a layer made of other layers or initializers.
    public init(parts body: @escaping @Sendable (LayerParts) throws(OptionError) -> any Layer) {
        self.body = body
    }

    /// The layer, with parameters of its own; throws where its options contradict each other.
    public func layer(_ parts: LayerParts) throws(OptionError) -> any Layer { try body(parts) }
}

/// Makes a ready-made model with `classes` outputs.
public typealias ModelMaker = @Sendable (_ classes: Int) -> any Model
