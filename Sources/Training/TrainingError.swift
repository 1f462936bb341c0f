/// A run that cannot start or go on; the kind decides the exit code.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure.
    public enum Kind: Sendable {
        /// The output folder cannot be made or is in use.
        case output
        /// Reading or writing failed.
        case io
        /// Settings that do not go together.
        case configuration
        /// A checkpoint or weights file that cannot be used.
        case badFile
        /// A checkpoint that another version of the program wrote.
        case foreignFormat
        /// A file that is there but cannot be read now, whatever is in it.
        case unreadable
        /// The loss is not a number any more.
        case diverged
        /// Started in a way that cannot work.
        case launch
    }
    /// What kind of failure.
    public let kind: Kind
    /// What happened, where, and what to do.
    public let description: String

    /// A failure of `kind`.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Nothing is where a run to go on with was said to be.
    package static func nothingToResume(at path: String) -> TrainingError {
        TrainingError(
            .badFile,
            "there is no run and no checkpoint at \(path): look for it, or start anew without --resume")
    }
}
