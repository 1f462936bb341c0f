import Synchronization

/// What messages of a process tell a person to do: in whose words, and how to go on with the run under way.
public final class Guidance: Sendable {
    /// In whose words.
    public let wording: Wording
    /// How much a person is told.
    public let printing: Printing
    private let folder = Mutex<String?>(nil)

    /// Guidance in these words.
    public init(_ wording: Wording = .swift, printing: Printing = .lines) {
        self.wording = wording
        self.printing = printing
    }

    /// The output folder of the run under way; nil where there is none, or it is not yet known.
    package var output: String? {
        get { folder.withLock { $0 } }
        set { folder.withLock { $0 = newValue } }
    }

    /// What goes on with the run under way: a command that works as it stands from the current folder, or settings.
    package var continuation: String { wording.continuation(output: output) }
}
