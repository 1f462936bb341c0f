import ArgumentParser
import Configuration
import MPI

struct MethodsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "methods",
        abstract: "Prints all keys, methods, options and defaults as a table in Markdown.")

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        print(MethodsTable().lines.joined(separator: "\n"))
    }
}
