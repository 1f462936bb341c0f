import Synchronization

/// How messages of a process tell a person what to do: in which wording, and how to continue the current run.
public final class Guidance: Sendable {
    /// The wording of messages.
    public let wording: Wording
    /// How much is printed, and where.
    public let printing: Printing
    private let folder = Mutex<String?>(nil)

    /// Guidance without a run to continue yet.
    public init(_ wording: Wording = .swift, printing: Printing = .lines) {
        self.wording = wording
        self.printing = printing
    }

    /// The output folder of the current run; nil if there is none or it is not known yet.
    package var output: String? {
        get { folder.withLock { $0 } }
        set { folder.withLock { $0 = newValue } }
    }

    /// How to continue the current run: a command that works from the current folder, or settings.
    package var continuation: String { wording.continuation(output: output) }
}
