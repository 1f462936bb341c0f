import ArgumentParser
import Configuration
import MPI

struct MethodsCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "methods", abstract: "Prints all keys, methods, options and defaults.",
        discussion: manual.help)

    static let manual = CommandManual(
        about: ["A table in Markdown, as in the documentation."],
        examples: [.init("dtrain methods | grep dropout", "what there is of dropout")])

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        print(MethodsTable().lines.joined(separator: "\n"))
    }
}
