/// A DTRAIN_FAULT that cannot be read.
package struct FaultSpecificationError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, where, and what to do.
    package let description: String

    init(_ description: String) { self.description = description }
}
