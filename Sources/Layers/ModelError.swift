/// A model that does not fit its input.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where: the path of the layer, such as `3.body.0`, empty for the model itself.
    public let path: String
    /// What was expected and what was found.
    public let reason: String

    /// An error of the layer at `path`.
    public init(_ reason: String, path: String = "") {
        self.reason = reason
        self.path = path
    }

    public var description: String { path.isEmpty ? reason : "layer \(path): \(reason)" }

    /// The same error, seen from one level further out.
    func inside(_ name: String) -> ModelError {
        ModelError(reason, path: path.isEmpty ? name : "\(name).\(path)")
    }

    static func expected(_ what: String, found shape: [Int]) -> ModelError {
        ModelError("expects \(what), got shape (\(shape.map(String.init).joined(separator: ", ")))")
    }
}
