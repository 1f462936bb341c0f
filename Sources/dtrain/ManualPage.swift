import ArgumentParser
import Training

/// The manual page of a command, or of the program, made of what help is made of.
struct ManualPage {
    /// The page's name, "dtrain-train".
    let name: String
    private let command: CommandDescription
    private let manual: CommandManual
    /// The program's commands by group; empty on the page of a command.
    private let groups: [(title: String, commands: [CommandDescription])]
    /// Pages to read on in.
    private let related: [String]

    /// All pages, that of the program first.
    static func all() throws -> [ManualPage] {
        let program = try CommandDescription.program()
        let descriptions = Dictionary(
            uniqueKeysWithValues: (program.subcommands ?? []).map { ($0.commandName, $0) })
        func described(_ type: any ParsableCommand.Type) -> CommandDescription? {
            type.configuration.commandName.flatMap { descriptions[$0] }
        }
        var groups: [(title: String, commands: [CommandDescription])] = []
        var pages: [ManualPage] = []
        for group in DTrain.configuration.groupedSubcommands {
            let commands = group.subcommands.compactMap(described)
            groups.append((title: group.name, commands: commands))
            for type in group.subcommands {
                guard let command = described(type), let type = type as? any DescribedCommand.Type else {
                    continue
                }
                let others = commands.map(\.commandName).filter { $0 != command.commandName }
                pages.append(
                    ManualPage(
                        name: "dtrain-\(command.commandName)", command: command, manual: type.manual,
                        groups: [], related: ["dtrain"] + others.map { "dtrain-\($0)" }))
            }
        }
        let first = ManualPage(
            name: program.commandName, command: program, manual: DTrain.manual, groups: groups,
            related: pages.map(\.name) + ["mpirun"])
        return [first] + pages
    }

    /// The page in the language of man(7). It has no date, so that the same program writes the same bytes.
    var text: String {
        let title = Roff.escaped(name.uppercased())
        let version = DTrain.configuration.version
        let sections = [description, options, commands, examples, files, statuses, environment, seeAlso]
        let lines =
            [
                ".\\\" Written by dtrain manual.",
                ".TH \(title) 1 \"\" \"dtrain \(version)\" \"dtrain manual\"",
                ".SH NAME", "\(Roff.escaped(name)) \\- \(Roff.escaped(abstract))",
            ] + synopsis + sections.flatMap { $0 }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The abstract as a phrase: without its point, and with a small letter unless it begins with an abbreviation.
    private var abstract: String {
        let sentence = command.abstract ?? ""
        let words = sentence.hasSuffix(".") ? sentence.dropLast() : sentence[...]
        let isWord = words.dropFirst().first?.isLowercase == true
        return isWord ? words.prefix(1).lowercased() + words.dropFirst() : String(words)
    }

    private var arguments: [CommandDescription.Argument] {
        (command.arguments ?? []).filter(\.shouldDisplay)
    }

    private var synopsis: [String] {
        let words = name.split(separator: "-", maxSplits: 1).joined(separator: " ")
        // Names of options are not parted.
        var lines = [".SH SYNOPSIS", ".nh", ".ad l", Roff.bold(words)]
        if !groups.isEmpty { lines.append("[\(Roff.italic("command"))]") }
        for argument in arguments {
            let text = Self.synopsis(of: argument) + (argument.isRepeating ? "\\ ..." : "")
            lines.append(argument.isOptional ? "[\(text)]" : text)
        }
        return lines + [".ad", ".hy"]
    }

    /// An argument's last name and its value, as it is written.
    private static func synopsis(of argument: CommandDescription.Argument) -> String {
        let value = argument.kind == .flag ? nil : argument.valueName.map(Roff.italic)
        return [(argument.names?.last?.text).map(Roff.bold), value].compactMap { $0 }.joined(separator: "\\ ")
    }

    private var description: [String] {
        let paragraphs = manual.about + manual.details
        guard !paragraphs.isEmpty else { return [] }
        return [".SH DESCRIPTION"] + paragraphs.flatMap { [".PP", Roff.escaped($0)] }.dropFirst()
    }

    private var options: [String] {
        var titles: [String] = []
        for case let title? in arguments.map(\.sectionTitle) where !titles.contains(title) {
            titles.append(title)
        }
        func lines(_ title: String?) -> [String] {
            arguments.filter { $0.sectionTitle == title && $0.kind != .positional }.flatMap(Self.lines)
        }
        var text = [".SH OPTIONS"]
        let positional = arguments.filter { $0.kind == .positional }
        if !positional.isEmpty { text = [".SH ARGUMENTS"] + positional.flatMap(Self.lines) + text }
        for title in titles { text += [".SS \(title)"] + lines(title) }
        if !titles.isEmpty { text.append(".SS Other options") }
        return text + lines(nil)
    }

    /// An argument's names, with its sentence, its values and its default.
    private static func lines(of argument: CommandDescription.Argument) -> [String] {
        let value = argument.kind == .flag ? nil : argument.valueName.map(Roff.italic)
        let names = (argument.names ?? []).map { Roff.bold($0.text) }.joined(separator: ", ")
        let tag = [names, value ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        let values = argument.allValues.map { "One of \($0.joined(separator: ", "))." }
        let standard = argument.defaultValue.map { "The default is \($0)." }
        let text = [argument.abstract, values, standard].compactMap { $0 }.joined(separator: " ")
        return Roff.tagged(tag, text)
    }

    private var commands: [String] {
        guard !groups.isEmpty else { return [] }
        var lines = [".SH COMMANDS"]
        for group in groups {
            lines.append(".SS \(group.title)")
            for command in group.commands {
                let page = Roff.bold("dtrain-\(command.commandName)") + "(1)"
                lines += Roff.tagged(page, command.abstract ?? "")
            }
        }
        return lines
    }

    private var examples: [String] {
        guard !manual.examples.isEmpty else { return [] }
        return [".SH EXAMPLES"] + manual.examples.flatMap { Roff.example($0.line, $0.does) }.dropFirst()
    }

    private var files: [String] {
        guard !manual.files.isEmpty else { return [] }
        return [".SH FILES"] + manual.files.flatMap { Roff.tagged(Roff.italic($0.name), $0.holds) }
    }

    private var statuses: [String] {
        let codes = (0...255).compactMap { ExitStatus(rawValue: $0) }
        var lines = [".SH \"EXIT STATUS\""]
        for code in codes { lines += Roff.tagged(Roff.bold("\(code.rawValue)"), code.meaning) }
        return lines + Roff.tagged(Roff.bold("128 + N"), "signal N ended a rank or mpirun, such as 137")
    }

    private var environment: [String] {
        let variables: [(name: String, means: String)] = [
            (
                "OMPI_ALLOW_RUN_AS_ROOT, OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                "mpirun starts ranks as root only where both are 1."
            ),
            ("NO_COLOR", "Lines on a terminal are without colours if it is set."),
            ("TERM", "Lines on a terminal are not redrawn where it is dumb."),
            ("COLUMNS", "The width of help, instead of the terminal's."),
            ("SWIFT_BACKTRACE", "If it is set, a crash is followed by Swift's own report."),
        ]
        return [".SH ENVIRONMENT"] + variables.flatMap { Roff.tagged(Roff.bold($0.name), $0.means) }
    }

    private var seeAlso: [String] {
        [".SH \"SEE ALSO\"", related.map { "\(Roff.bold($0))(1)" }.joined(separator: ",\n")]
    }
}

extension ExitStatus {
    /// What the code means, in a few words, as the article on what goes wrong has it.
    var meaning: String {
        switch self {
        case .success: "the run ended, or was stopped with a checkpoint"
        case .failure: "failure; of mpirun Ctrl-C, too"
        case .usage: "usage"
        case .badData: "bad data"
        case .noResources: "memory or threads cannot be had"
        case .cannotCreateOutput: "output cannot be created"
        case .io: "I/O"
        case .rankLost: "a rank stalled or was lost"
        case .disagreement: "ranks disagree"
        case .badConfiguration: "bad configuration"
        case .diverged: "diverged"
        }
    }
}
