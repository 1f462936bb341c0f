/// An element of a model list: the layer, and where it was written.
package struct LayerConfiguration: Sendable, Equatable {
    /// The layer with its options.
    package let kind: LayerKind
    /// Where it was written; no part of what the layer is.
    let location: SourceLocation

    /// Whether the layers are the same, wherever they were written.
    package static func == (a: LayerConfiguration, b: LayerConfiguration) -> Bool { a.kind == b.kind }
}
