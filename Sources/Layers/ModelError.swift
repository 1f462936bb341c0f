/// A model that does not fit its input.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What an error is about.
    package enum Subject: Sendable, Equatable {
        /// A layer, or the model as a whole.
        case layer
        /// The loss, or that option of the loss which `path` names.
        case loss
        /// The data has more classes than the model has outputs; the model's output shape, as text.
        case classes(output: String)
    }

    /// The path of the layer, such as `3.body.0`; empty for the model itself.
    public let path: String
    /// What was expected and what was found.
    public let reason: String
    /// What the error is about.
    package let subject: Subject

    /// An error of the layer at `path`.
    public init(_ reason: String, path: String = "") { self.init(reason, path: path, about: .layer) }

    package init(_ reason: String, path: String = "", about subject: Subject) {
        self.reason = reason
        self.path = path
        self.subject = subject
    }

    public var description: String {
        if path.isEmpty { return reason }
        return subject == .loss ? "loss.\(path) \(reason)" : "layer \(path): \(reason)"
    }

    /// The same error with the name of the enclosing layer in front of its path.
    func inside(_ name: String) -> ModelError {
        ModelError(reason, path: path.isEmpty ? name : "\(name).\(path)", about: subject)
    }

    /// The error of a layer that gets another shape than it expects.
    ///
    /// - Parameter shape: The shape of a mini-batch, whose first extent is N.
    static func expected(_ what: String, found shape: [Int], _ advice: String? = nil) -> ModelError {
        ModelError("expects \(what), got shape \(text(ofBatch: shape))" + (advice.map { ": \($0)" } ?? ""))
    }

    /// The error of a layer of images that gets something else.
    static func noImages(_ shape: [Int]) -> ModelError {
        let store = "store images as (examples, C, H, W)"
        return expected(
            "images (N, C, H, W)", found: shape,
            shape.count == 2 ? "put it in front of flatten, or \(store)" : store)
    }

    /// The shape of a mini-batch in messages: "(N, 3, 32, 32)".
    static func text(ofBatch shape: [Int]) -> String {
        "(\((["N"] + shape.dropFirst().map(String.init)).joined(separator: ", ")))"
    }
}
