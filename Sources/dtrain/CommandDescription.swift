import ArgumentParser
import Foundation

/// A command with its options, as the argument parser describes it: what help is made of, in JSON.
struct CommandDescription: Decodable {
    /// An option, a flag or a positional argument.
    struct Argument: Decodable {
        enum Kind: String, Decodable { case positional, option, flag }

        struct Name: Decodable {
            let kind: String
            let name: String

            /// The name with its hyphens.
            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        let kind: Kind
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        /// The title of its group; nil for none.
        let sectionTitle: String?
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        /// All values, of an option that takes one of some words.
        let allValues: [String]?
        let abstract: String?
    }

    private struct Tool: Decodable { let command: CommandDescription }

    let commandName: String
    let abstract: String?
    let subcommands: [CommandDescription]?
    let arguments: [Argument]?

    /// The program, with its commands.
    static func program() throws -> CommandDescription {
        var text = ""
        do { _ = try DTrain.parseAsRoot(["--experimental-dump-help"]) } catch {
            text = DTrain.fullMessage(for: error)
        }
        return try JSONDecoder().decode(Tool.self, from: Data(text.utf8)).command
    }
}
