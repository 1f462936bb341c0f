/// What a finished command left behind.
package struct ProcessResult: Sendable, CustomStringConvertible {
    /// The exit code; 128 plus the signal's number if a signal ended it.
    package let exitCode: Int32
    /// Everything it wrote to standard output.
    package let standardOutput: String
    /// Everything it wrote to standard error.
    package let standardError: String
    /// Whether the time limit ended it.
    package let timedOut: Bool
    /// Processes of the command's session that were still there when it ended, and were then killed.
    package let survivors: [Int32]

    /// All of it, for messages of failed tests.
    package var description: String {
        """
        exit code \(exitCode)\(timedOut ? ", time limit passed" : ""), survivors \(survivors)
        --- standard output
        \(standardOutput)
        --- standard error
        \(standardError)
        """
    }
}
