import ArgumentParser
import Foundation
import MPI
import Training

struct ManualCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Prints a manual page, or writes all of them.",
        discussion: manual.help)

    static let manual = CommandManual(
        about: ["Pages are in the language of man(7), for man -l or a folder such as man1."],
        examples: [
            .init("dtrain manual train | man -l -", "reads the page of train"),
            .init("dtrain manual --output ~/.local/share/man/man1", "then man dtrain finds it"),
        ],
        files: [
            .init("dtrain.1", "The program's page; that of a command is dtrain-COMMAND.1.")
        ])

    @Argument(
        help: ArgumentHelp("The command to tell about; the program unless given.", valueName: "command"),
        completion: .list(ManualCommand.commands))
    var command: String?

    @Option(
        name: .long, help: ArgumentHelp("A folder into which all pages are written.", valueName: "dir"),
        completion: .directory)
    var output: String?

    private static var commands: [String] {
        DTrain.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    func validate() throws {
        if command != nil, output != nil {
            throw ValidationError("--output is for all pages: leave out the command")
        }
    }

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        let pages = try ManualPage.all()
        guard let output else {
            let name = command.map { "dtrain-\($0)" } ?? "dtrain"
            guard let page = pages.first(where: { $0.name == name }) else {
                throw ValidationError(
                    "there is no command \"\(command ?? "")\": the commands are \(Self.commands.joined(separator: ", "))"
                )
            }
            return try TextOutput(path: nil).finish(page.text)
        }
        for page in pages {
            try TextOutput(path: "\(output)/\(page.name).1").finish(page.text)
        }
    }
}
