import Foundation
import Messages

/// The command that starts a new run instead of continuing one: the command that was given, with an output folder of
/// its own.
struct NewRunCommand {
    /// The name by which the program was started.
    let program: String
    /// The arguments that followed it.
    let arguments: [String]

    /// The command, as it can be typed in the current folder.
    ///
    /// - Parameters:
    ///   - run: The folder of the run that cannot be continued.
    ///   - takesWeights: Whether training starts from that run's weights.
    func text(after run: String, takesWeights: Bool) -> String {
        var words = [program] + kept
        let names = ["--config", "--recipe"]
        if !words.contains(where: { word in names.contains { word == $0 || word.hasPrefix("\($0)=") } }) {
            words += ["--config", "\(run)/\(RunFolder.configurationName)"]
        }
        if takesWeights { words += ["--set", "init.weights=\(Self.value(run))"] }
        words += ["--output", Self.freeFolder(after: run)]
        return words.map(ShellWord.quoted).joined(separator: " ")
    }

    /// The arguments without those that say where results go and which run is continued.
    private var kept: [String] {
        var kept: [String] = []
        var isValue = false
        for word in arguments {
            if isValue {
                isValue = false
            } else if ["--resume", "--output"].contains(word) {
                isValue = true
            } else if !word.hasPrefix("--resume="), !word.hasPrefix("--output=") {
                kept.append(word)
            }
        }
        return kept
    }

    /// A folder next to the run's that does not exist yet.
    private static func freeFolder(after run: String) -> String {
        var name = run
        while name.count > 1, name.hasSuffix("/") { name.removeLast() }
        var number = 2
        while FileManager.default.fileExists(atPath: "\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }

    /// A path as a YAML value, in quotation marks if it might be taken for something else.
    private static func value(_ path: String) -> String {
        let isPlain =
            path.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./".utf8.contains(byte)
            } && path.contains("/") && path.first.map { $0 == "/" || $0.isLetter } == true
        if isPlain { return path }
        return "\"\(path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
