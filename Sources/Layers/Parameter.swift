import Graph

/// A tensor that training changes by gradients; an identity that a trace turns into a node.
public final class Parameter: TracedVariable {
    /// How its first value is drawn.
    public let initializer: Initializer
    public var isTrainable: Bool { true }

    /// A parameter whose shape is settled when the model is traced.
    public init(_ initializer: Initializer) { self.initializer = initializer }
}

/// A tensor that a layer updates by itself, such as a running mean.
public final class Buffer: TracedVariable {
    /// How its first value is made.
    public let initializer: Initializer
    public var isTrainable: Bool { false }

    /// A buffer whose shape is settled when the model is traced.
    public init(_ initializer: Initializer) { self.initializer = initializer }

    /// A buffer filled with `initialValue`, whose shape is settled when the model is traced.
    public convenience init(_ initialValue: Float) { self.init(.constant(initialValue)) }
}

/// A count of the mini-batches a layer was trained on, kept as torch keeps `num_batches_tracked`.
public final class BatchCounter: Sendable {
    /// A counter that starts at zero.
    public init() {}
}
