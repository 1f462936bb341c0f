/// A command could not be started.
package struct ProcessRunError: Error, CustomStringConvertible {
    /// What failed, with the system's reason.
    package let description: String

    /// The failure of a system call with its error number's text.
    init(_ action: String, code: Int32) {
        description = "\(action): \(systemText(code))"
    }
}
