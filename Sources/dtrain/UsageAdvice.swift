import ArgumentParser
import Configuration
import Foundation
import Messages
import Training

/// Guesses what was meant by an option or a word that a command does not take.
struct UsageAdvice {
    private let command: any ParsableCommand.Type
    private let arguments: [String]

    /// Advice on a command line, given without the program's name.
    init(_ arguments: [String]) {
        self.arguments = arguments
        let name = arguments.first { !$0.hasPrefix("-") }
        command =
            DTrain.configuration.subcommands.first { $0.configuration.commandName == name }
            ?? TrainCommand.self
    }

    /// The parser's message, with advice added if it is about an unknown option or word.
    func completed(_ message: String) -> String {
        if let found = message.firstMatch(of: /Unknown option '(-[^']*)'/) {
            let problem = message[..<found.range.upperBound]
            return option(String(found.1)).map { "\(problem): \($0)" } ?? message
        }
        if let found = message.firstMatch(of: /nexpected arguments?:? '([^']*)'/) {
            return word(String(found.1)).map { "\(message): \($0)" } ?? message
        }
        return message
    }

    /// Whether a word looks like the name of a configuration file.
    static func isConfiguration(_ word: String) -> Bool {
        [".yaml", ".yml"].contains(where: word.lowercased().hasSuffix)
    }

    /// Advice on a word that is neither a command nor an argument; nil if there is none.
    func word(_ word: String) -> String? {
        let own = Self.options(of: command)
        let isDoer = own.contains("--config")
        func meant(_ words: String) -> String { "did you mean \"\(isDoer ? "" : "dtrain ")\(words)\"?" }
        if Self.isConfiguration(word) { return meant("--config \(word)") }
        if own.contains("--set"), let equals = word.firstIndex(of: "=") {
            let key = String(word[..<equals])
            let keys = key.contains(".") ? [key] : ConfigurationKeys.paths(of: key)
            let changes = keys.map { "\"--set \(ShellWord.quoted($0 + word[equals...]))\"" }
            if !changes.isEmpty { return "did you mean \(changes.joined(separator: " or "))?" }
        }
        if [".csv", ".tsv", ".npy", ".gz"].contains(where: word.lowercased().hasSuffix) {
            if own.contains("--data") { return meant("--data \(word)") }
            if command == TrainCommand.self { return meant("init \(word)") }
        }
        if own.contains("--recipe"), let recipe = nearestName(to: word, among: Recipe.all.map(\.name)) {
            return meant("--recipe \(recipe)")
        }
        guard own.contains("--config"),
            FileManager.default.fileExists(atPath: "\(word)/\(RunFolder.configurationName)")
        else { return nil }
        return meant(
            own.contains("--resume") ? "--resume \(word)" : "--config \(word)/\(RunFolder.configurationName)")
    }

    /// Advice on an option that the command does not have.
    private func option(_ option: String) -> String? {
        let name = String(option.drop { $0 == "-" })
        let own = Self.options(of: command)
        func meant(_ option: String) -> String { "did you mean \"\(option)\"?" }
        let begun = name.count < 3 ? nil : own.first { $0.hasPrefix("--\(name)") }
        if let same = begun ?? sameOption(name, among: own) { return meant(same) }
        let commandName = command.configuration.commandName ?? ""
        if ["list", "ls", "show", "all"].contains(name), ["study", "recipes"].contains(commandName) {
            return "\"dtrain \(commandName)\" alone lists them"
        }
        if ["n", "np", "ranks", "nproc"].contains(name) {
            return "the number of ranks is the launcher's, as in mpirun -n 4 dtrain"
        }
        let keys = own.contains("--set") ? ConfigurationKeys.paths(of: name) : []
        let value = value(of: option)
        if !keys.isEmpty {
            return "did you mean "
                + keys.map { "\"--set \(ShellWord.quoted("\($0)=\(value)"))\"" }.joined(separator: " or ")
                + "?"
        }
        let others = DTrain.configuration.subcommands.filter { Self.options(of: $0).contains("--\(name)") }
            .compactMap { $0.configuration.commandName }
        if !others.isEmpty { return "it is an option of \(others.joined(separator: ", "))" }
        if own.contains("--set"), let section = ConfigurationKeys.section(name) {
            return meant("--set \(ShellWord.quoted("\(section)=\(value)"))")
        }
        if let near = nearestName(to: "--\(name)", among: own) { return meant(near) }
        return "the options of \(commandName) are \(own.joined(separator: ", "))"
    }

    /// The option of the command that means the same.
    private func sameOption(_ name: String, among options: [String]) -> String? {
        ConfigurationKeys.sameKey(as: name, among: options.map { String($0.dropFirst(2)) }).map { "--\($0)" }
    }

    /// The value of an option on the command line, or a placeholder.
    private func value(of option: String) -> String {
        if let joined = arguments.first(where: { $0.hasPrefix("\(option)=") }) {
            return String(joined.dropFirst(option.count + 1))
        }
        guard let place = arguments.firstIndex(of: option), arguments.indices.contains(place + 1),
            !arguments[place + 1].hasPrefix("--")
        else { return "VALUE" }
        return arguments[place + 1]
    }

    /// A command's options as its help shows them.
    private static func options(of command: any ParsableCommand.Type) -> [String] {
        var options: [String] = []
        for found in DTrain.helpMessage(for: command).matches(of: /(?m)^ +(?:-h, )?(--[a-z-]+)/)
        where !options.contains(String(found.1)) {
            options.append(String(found.1))
        }
        return options
    }
}
