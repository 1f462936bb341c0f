import ArgumentParser
import Configuration
import MPI

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints a JSON Schema of configurations, by which editors complete and check them.")

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        print(ConfigurationSchema().text, terminator: "")
    }
}
