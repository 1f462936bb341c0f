import Options

/// What makes a layer of its options, once it is known what other layers and initializers there are.
public struct LayerMaker: Sendable {
    private let body: @Sendable (LayerParts) throws(OptionError) -> any Layer

    /// What makes a layer that has no others in it.
    public init(_ layer: @autoclosure @escaping @Sendable () -> any Layer) { body = { _ in layer() } }

    /// What makes a layer of parts.
    public init(parts body: @escaping @Sendable (LayerParts) throws(OptionError) -> any Layer) {
        self.body = body
    }

    /// The layer, with parameters of its own; throws where options do not go together.
    public func layer(_ parts: LayerParts) throws(OptionError) -> any Layer { try body(parts) }
}

/// What makes a ready-made model with so many outputs.
public typealias ModelMaker = @Sendable (_ classes: Int) -> any Model
