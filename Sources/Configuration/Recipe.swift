/// A configuration that comes with the program.
///
/// A recipe is an extension with its YAML text, in a file in `Recipes/`, and an element of `all`. Tests read every
/// recipe.
package struct Recipe: Sendable, Equatable {
    /// Its name, such as "fashion-cnn".
    package let name: String
    /// The whole configuration; the comment on its first line is the title.
    package let yaml: String

    /// What the recipe trains, in one line.
    package var title: String {
        let line = yaml.prefix { !$0.isNewline }
        return String(line.drop { $0 == "#" || $0 == " " })
    }

    /// All recipes, the default first, in the order in which they are listed to a user.
    package static let all = images + texts + toys

    /// Fashion-MNIST.
    package static let images = [fashionCNN, fashionLeNet5, fashionMLP, fashionMLPBig, fashionResNet20]

    /// Texts that scripts/text-data writes.
    package static let texts = [bibleLSTM, bibleTransformer, languagesGRU]

    /// Problems of a few weights with their examples in the recipe, whose losses can be seen as a surface.
    package static let toys = [
        twoWeights, twentyExamples, valley, cliff, hill, unlikeFeatures, saddle, shallowMinimum,
        wrongOutputs,
    ]

    /// The recipe that is trained by default.
    package static let standard = fashionCNN

    /// The recipe of this name; throws an error with the name that was probably meant.
    package static func named(_ name: String) throws(ConfigurationError) -> Recipe {
        guard let recipe = all.first(where: { $0.name == name }) else {
            throw ConfigurationError(
                .unknownName, at: SourceLocation(.flag("--recipe")), key: "",
                "unknown recipe \(ConfigurationError.quoted(name))",
                advice: [".yaml", ".yml"].contains(where: name.lowercased().hasSuffix)
                    ? "a configuration of your own is given as --config \(name)"
                    : suggestion(for: name, among: all.map(\.name), noun: "recipes"))
        }
        return recipe
    }
}
