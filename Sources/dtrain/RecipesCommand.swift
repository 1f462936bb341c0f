import ArgumentParser
import Configuration
import MPI

struct RecipesCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipes", abstract: "Lists the built-in recipes, or prints one as YAML.",
        discussion: manual.help)

    static let manual = CommandManual(
        examples: [
            .init("dtrain recipes", "what is built in"),
            .init("dtrain recipes fashion-mlp > mine.yaml", "to start from"),
        ])

    @Argument(help: "The recipe to print.", completion: Completion.recipes)
    var name: String?

    func run() throws {
        let recipe = try name.map(Recipe.named)
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        if let recipe {
            print(recipe.yaml, terminator: recipe.yaml.hasSuffix("\n") ? "" : "\n")
            return
        }
        let width = Recipe.all.map(\.name.count).max() ?? 0
        for recipe in Recipe.all {
            let padding = String(repeating: " ", count: width - recipe.name.count)
            let mark = recipe.name == Recipe.standard.name ? " (default)" : ""
            print("\(recipe.name)\(padding)  \(recipe.title)\(mark)")
        }
    }
}
