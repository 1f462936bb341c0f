import Foundation

/// The folder in which every mpirun of this machine keeps one of its own.
///
/// The last one to end removes it, also while another has found it there and is about to make its own in it, and then
/// fails to start. A folder in it keeps it.
package enum SessionFolder {
    /// Makes sure that the folder stays, once.
    package static let kept = Result {
        let variables = ProcessInfo.processInfo.environment
        let temporary =
            ["TMPDIR", "TEMP", "TMP"].lazy.compactMap { variables[$0] }.first { !$0.isEmpty } ?? "/tmp"
        let host = ProcessInfo.processInfo.hostName.prefix { $0 != "." }
        try FileManager.default.createDirectory(
            atPath: "\(temporary)/ompi.\(host).\(getuid())/kept", withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }
}
