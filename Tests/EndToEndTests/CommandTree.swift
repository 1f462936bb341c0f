import Foundation
import ProcessSupport

/// The commands and their options, as the program describes them in JSON.
struct CommandTree: Decodable {
    struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let subcommands: [Command]?
        let arguments: [Argument]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let kind: String
        let shouldDisplay: Bool
        let names: [Name]?
        let valueName: String?
        let abstract: String?

        /// The long names with their hyphens, or the name of a positional argument's value.
        var shown: [String] {
            let long = (names ?? []).filter { $0.kind == "long" }.map { "--\($0.name)" }
            return long.isEmpty ? [valueName ?? ""] : long
        }
    }

    let command: Command

    /// The commands, without the parser's own `help`.
    var commands: [Command] { (command.subcommands ?? []).filter { $0.commandName != "help" } }

    /// What the program under test has.
    static func read() throws -> CommandTree {
        let text = try DTrainRun.run(0, ["--experimental-dump-help"]).standardOutput
        return try JSONDecoder().decode(CommandTree.self, from: Data(text.utf8))
    }

    /// A program in PATH, or nil.
    static func installed(_ program: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(program)" }.first(
            where: FileManager.default.isExecutableFile(atPath:))
    }
}
