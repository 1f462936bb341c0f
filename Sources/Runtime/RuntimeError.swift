import COneDNN

/// A program that cannot be planned on this machine.
package struct RuntimeError: Error, CustomStringConvertible {
    /// What was planned and what the library said.
    package let description: String

    /// Throws what oneDNN said about its last call unless `status` is success.
    static func check(_ status: Int32, _ what: @autoclosure () -> String) throws(RuntimeError) {
        guard status != Int32(OD_OK.rawValue) else { return }
        throw RuntimeError(description: "\(what()): \(String(cString: od_last_error()))")
    }
}
