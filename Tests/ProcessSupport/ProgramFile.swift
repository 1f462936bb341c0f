import Foundation

/// Files that are run.
package enum ProgramFile {
    /// Writes a program or script to `path`.
    ///
    /// A process of its own gives the file its name: while this one writes, a child that another thread starts has the file
    /// open too, and Linux runs no file that somebody writes.
    package static func write(_ bytes: Data, to path: String) throws {
        let draft = "\(path).draft"
        try bytes.write(to: URL(fileURLWithPath: draft))
        let result = try ProcessRun.run(
            "sh", ["-c", "cp -- \"$0\" \"$1\" && chmod 755 -- \"$1\" && rm -- \"$0\"", draft, path],
            timeLimit: Promptness.patience)
        guard result.exitCode == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
