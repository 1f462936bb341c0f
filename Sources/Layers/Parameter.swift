import Graph

/// A tensor that training changes by gradients. Its identity, not its value, is what a trace turns into a node.
public final class Parameter: TracedVariable {
    /// What a parameter does in its layer, so that weight decay may exempt some kinds.
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
    /// How the buffer's first value is made.
    public let initializer: Initializer
    public var isTrainable: Bool { false }

    /// A buffer whose shape is settled when the model is traced.
    public init(_ initializer: Initializer) { self.initializer = initializer }

    /// A buffer filled with `initialValue`, whose shape is settled when the model is traced.
    public convenience init(_ initialValue: Float) { self.init(.constant(initialValue)) }
}

/// The number of mini-batches a layer was trained on, saved as torch's `num_batches_tracked`.
public final class BatchCounter: Sendable {
    /// A counter without a number of its own: every layer has been trained on as many mini-batches as the run.
    public init() {}
}
