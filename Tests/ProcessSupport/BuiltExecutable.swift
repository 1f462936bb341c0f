import Glibc

/// Finds executables that the package manager built together with the running test bundle.
package struct BuiltExecutable {
    /// The path of a product beside the test bundle, or in the current folder's release or debug build.
    ///
    /// The environment variable DTRAIN_PROGRAMS names a folder that comes first, so that a new test can be seen failing on
    /// the programs from before.
    ///
    /// Throws `ProcessRunError` naming the places looked at.
    package static func path(_ name: String) throws -> String {
        var folders = [String]()
        if let programs = getenv("DTRAIN_PROGRAMS") { folders.append(String(cString: programs)) }
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            folders.append(folder(of: bundle(in: argument)))
        }
        if let own = ownFolder { folders.append(own) }
        folders += [".build/release", ".build/debug"]
        for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        throw ProcessRunError("no executable \(name) in \(folders)", code: ENOENT)
    }

    // "DIR/name.xctest" of "DIR/name.xctest" or of something inside that folder.
    private static func bundle(in argument: String) -> String {
        var kept = [Substring]()
        for part in argument.split(separator: "/", omittingEmptySubsequences: false) {
            kept.append(part)
            if part.hasSuffix(".xctest") { break }
        }
        return kept.joined(separator: "/")
    }

    /// The folder of the running program's file; nil where the system does not tell.
    package static var ownFolder: String? { ownPath().map(folder(of:)) }

    private static func ownPath() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { memory in
            memory.baseAddress.map { readlink("/proc/self/exe", $0, memory.count) } ?? -1
        }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    private static func folder(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}
