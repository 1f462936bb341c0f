import ArgumentParser
import Configuration
import MPI

struct SchemaCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints a JSON Schema, for editors.", discussion: manual.help)

    static let manual = CommandManual(
        about: ["Editors complete and check configurations by it."],
        examples: [.init("dtrain schema > dtrain.schema.json", "a file for the editor")])

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        print(ConfigurationSchema().text, terminator: "")
    }
}
