import Graph

/// A tensor that training changes by gradients; an identity that a trace turns into a node.
public final class Parameter: TracedVariable {
    /// What a parameter does in its layer; weight decay may leave out some.
    public enum Role: Sendable, Hashable {
        /// It multiplies inputs.
        case weight
        /// It is added to outputs.
        case bias
        /// It multiplies what was normalized.
        case normScale
        /// It is added to what was normalized.
        case normShift
    }

    /// How its first value is drawn.
    public let initializer: Initializer
    /// What it does in its layer.
    public let role: Role
    public var isTrainable: Bool { true }

    /// A parameter whose shape is settled when the model is traced.
    public init(_ initializer: Initializer, role: Role = .weight) {
        self.initializer = initializer
        self.role = role
    }
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
