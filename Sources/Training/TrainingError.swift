/// A run that cannot start or go on; the kind decides the exit code.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Kind: Sendable {
        /// The output folder cannot be created or is in use.
        case output
        /// Reading or writing failed.
        case io
        /// Settings contradict each other.
        case configuration
        /// A checkpoint or weights file is damaged or does not fit.
        case badFile
        /// Another version of the program wrote the checkpoint.
        case foreignFormat
        /// A file exists but cannot be read now, whatever its content.
        case unreadable
        /// The loss is not finite any more, or the run has diverged otherwise.
        case diverged
        /// The program was started in a way that cannot work.
        case launch
    }
    /// What a failure is about, for messages that say where that was written.
    package enum Subject: Sendable, Equatable {
        /// A setting, such as "training.batch".
        case setting(String)
        /// A data file, or several as a data set's name has them.
        case file(String)
    }
    /// The kind of this failure.
    public let kind: Kind
    /// What happened, where, and what to do.
    public let description: String

    /// What it is about; nil where that was not written in a configuration.
    package let subject: Subject?

    /// A failure with a message that says what to do.
    public init(_ kind: Kind, _ description: String) { self.init(kind, description, about: nil) }

    package init(_ kind: Kind, _ description: String, about subject: Subject?) {
        self.kind = kind
        self.description = description
        self.subject = subject
    }

    /// There is nothing at the path of a run to continue.
    package static func nothingToResume(at path: String) -> TrainingError {
        TrainingError(
            .badFile,
            "there is no run and no checkpoint at \(path): look for it, or start anew without --resume")
    }
}
