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

    private var commandName: String { command.configuration.commandName ?? "" }

    /// The parser's message with advice, if there is some.
    func completed(_ message: String) -> String {
        if let found = message.firstMatch(of: /Unknown option '(-[^']*)'/) {
            return "\(message[..<found.range.upperBound]): \(option(String(found.1)))"
        }
        let advice: String?
        if let found = message.firstMatch(of: /nexpected arguments?:? '([^']*)'/) {
            advice = word(String(found.1))
        } else if let found = message.firstMatch(of: /Missing expected argument '<([^>]*)>/) {
            advice = Self.arguments[String(found.1)].map { "give \($0)" }
        } else if let found = message.firstMatch(of: /Missing value for '(--?[^ ']+)/) {
            advice = Self.values[String(found.1)] ?? "give one behind it"
        } else if message.contains(/is invalid for '[^']*<n>'$/) {
            advice = "give a whole number"
        } else {
            advice = nil
        }
        return advice.map { "\(message): \($0)" } ?? message
    }

    /// What arguments are, by the name that the help has for them.
    private static let arguments = [
        "run-or-weights": "a run's folder, such as runs/fashion-cnn, or a safetensors file",
        "run": "a run's folder, such as runs/fashion-cnn; dtrain runs runs lists them",
        "run1": "two runs' folders", "run2": "a second run's folder",
        "file": "the path of a file",
    ]

    /// What to give behind options.
    private static let values = [
        "--recipe": "give a name, which dtrain recipes lists", "--config": "give a YAML file",
        "--set": "give key.path=value, as --set training.batch=64",
        "--output": "give a folder", "--resume": "give auto, or a run's folder",
        "--data": "give a file, or the name of a data set: test, validation or train",
    ]

    /// What other programs call commands.
    private static let commands = [
        "fit": "train", "run": "train", "start": "train", "eval": "evaluate", "test": "evaluate",
        "validate": "evaluate", "val": "evaluate", "score": "evaluate", "infer": "predict",
        "inference": "predict", "classify": "predict", "new": "init", "create": "init", "tune": "study",
        "sweep": "study", "hpo": "study", "search": "study", "plot": "report", "visualize": "report",
        "show": "summary", "info": "summary", "describe": "summary", "lint": "check", "verify": "check",
        "list": "runs", "ls": "runs", "status": "runs", "compare": "diff", "lr_find": "lr-find",
        "find-lr": "lr-find", "benchmark": "doctor", "version": "--version", "config": "recipes",
    ]

    /// The command that another program calls by this word; nil if none is known.
    static func command(for word: String) -> String? { commands[word.lowercased()] }

    /// Whether a word looks like the name of a configuration file.
    static func isConfiguration(_ word: String) -> Bool { hasEnding(word, [".yaml", ".yml"]) }

    private static func isData(_ word: String) -> Bool { hasEnding(word, [".csv", ".tsv", ".npy", ".gz"]) }

    private static func hasEnding(_ word: String, _ endings: [String]) -> Bool {
        endings.contains(where: word.lowercased().hasSuffix)
    }

    /// Advice on a word that is neither a command nor an argument; nil if there is none.
    func word(_ word: String) -> String? {
        let own = Self.options(of: command)
        let isDoer = own.contains("--config")
        func meant(_ words: String) -> String { "did you mean \"\(isDoer ? "" : "dtrain ")\(words)\"?" }
        if Self.isConfiguration(word) { return meant("--config \(word)") }
        if own.contains("--set"), let equals = word.firstIndex(of: "=") {
            let key = String(word[..<equals])
            let section = ConfigurationKeys.section(key).map { [$0] } ?? []
            let keys = key.contains(".") ? [key] : ConfigurationKeys.paths(of: key) + section
            let changes = keys.map { "\"--set \(ShellWord.quoted($0 + word[equals...]))\"" }
            if !changes.isEmpty { return "did you mean \(changes.joined(separator: " or "))?" }
        }
        if Self.isData(word) {
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
    private func option(_ option: String) -> String {
        let name = String(option.drop { $0 == "-" })
        let own = Self.options(of: command)
        func meant(_ option: String) -> String { "did you mean \"\(option)\"?" }
        if commandName == "init", ConfigurationKeys.sameKey(as: name, among: ["label", "labels"]) != nil {
            return meant(
                arguments.contains { Self.hasEnding($0, [".npy", ".npy.gz"]) } ? "--labels" : "--label")
        }
        if own.contains("--data"), Self.inputs.contains(plainName(name)) { return meant("--data") }
        let begun = name.count < 3 ? nil : own.first { $0.hasPrefix("--\(name)") }
        if let same = begun ?? sameOption(name, among: own) { return meant(same) }
        if ["list", "ls", "show", "all"].contains(name), ["study", "recipes"].contains(commandName) {
            return "\"dtrain \(commandName)\" alone lists them"
        }
        let value = value(of: option)
        if own.contains("--data"), Self.weights.contains(plainName(name)) {
            return "give it without an option: \"dtrain \(commandName) \(value)\""
        }
        if command == TrainCommand.self, Self.isData(value) {
            return "\"dtrain init \(ShellWord.quoted(value))\" writes a configuration for it"
        }
        let keys = own.contains("--set") ? ConfigurationKeys.paths(of: name) : []
        if !keys.isEmpty {
            return "did you mean "
                + keys.map { "\"--set \(ShellWord.quoted("\($0)=\(value)"))\"" }.joined(separator: " or ")
                + "?"
        }
        if let instead = ConfigurationKeys.instead(of: name) { return instead }
        if own.contains("--set"), let hint = ConfigurationKeys.layerHint(name, value) { return hint }
        let others = DTrain.configuration.subcommands.filter { Self.options(of: $0).contains("--\(name)") }
            .compactMap { $0.configuration.commandName }
        if !others.isEmpty { return "it is an option of \(others.joined(separator: ", "))" }
        if own.contains("--set"), let section = ConfigurationKeys.section(name) {
            return meant("--set \(ShellWord.quoted("\(section)=\(value)"))")
        }
        if let near = nearestName(to: "--\(name)", among: own) { return meant(near) }
        return "dtrain \(commandName) --help lists its options"
    }

    /// Options by which other programs name trained weights, in plain form.
    private static let weights = [
        "weights", "checkpoint", "checkpointpath", "ckpt", "ckptpath", "model", "run",
    ]

    /// Options by which other programs name the data to predict, in plain form.
    private static let inputs = [
        "input", "inputs", "inputfile", "datapath", "dataset", "testdata", "testfile",
    ]

    /// Options of one letter in other programs.
    private static let letters = [
        "c": "--config", "f": "--config", "o": "--output", "e": "--epochs", "b": "--batch", "q": "--quiet",
        "r": "--resume", "d": "--data",
    ]

    /// The option of the command that means the same.
    private func sameOption(_ name: String, among options: [String]) -> String? {
        if let option = Self.letters[name], options.contains(option) { return option }
        return ConfigurationKeys.sameKey(as: name, among: options.map { String($0.dropFirst(2)) }).map {
            "--\($0)"
        }
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
