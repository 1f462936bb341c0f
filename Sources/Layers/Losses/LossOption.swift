/// An option of a loss with its value, as a configuration states it.
package struct LossOption: Sendable, Hashable {
    /// What an option can be.
    package enum Value: Sendable, Hashable {
        /// "delta: 0.5".
        case number(Double)
        /// "class_weights: [1, 2.5]".
        case numbers([Double])
    }

    /// The configuration name, torch's ("label_smoothing").
    package let name: String
    /// What it is set to.
    package let value: Value

    /// An option with its value.
    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}
