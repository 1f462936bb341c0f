import Layers
import Testing

@testable import Configuration

@Suite struct RecipeTests {
    @Test func namesAndTitles() throws {
        #expect(
            Recipe.all.map(\.name) == [
                "fashion-cnn", "fashion-lenet5", "fashion-mlp", "fashion-mlp-big", "fashion-resnet20",
            ])
        #expect(Recipe.standard.name == "fashion-cnn")
        for recipe in Recipe.all {
            #expect(recipe.title.hasPrefix("Fashion-MNIST with ") && recipe.title.count <= 80)
            #expect(recipe.yaml.hasSuffix("\n"))
            #expect(try Recipe.named(recipe.name) == recipe)
        }
        do {
            _ = try Recipe.named("fashion-cn")
            Issue.record("an unknown recipe is found")
        } catch {
            #expect(
                error.description == "--recipe: unknown recipe \"fashion-cn\"; did you mean \"fashion-cnn\"?")
        }
    }

    @Test(arguments: Recipe.all.map(\.name))
    func aRecipeIsWhole(name: String) throws {
        let run = try RunConfiguration(recipe: Recipe.named(name), currentFolder: home)
        #expect(run.output == "runs/\(name)")
        #expect(run.data.train.features == ["/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"])
        #expect(run.data.normalize == .standardize && run.training.shards == 8)
        let model = try run.model.makeModel(classes: 10)
        let traced = try TracedModel(model, exampleShape: [1, 28, 28], target: .classes(10), loss: run.loss)
        #expect(traced.outputShape == [10])
        let batch = try #require(run.training.batch)
        let steps = (60_000 + batch - 1) / batch
        try run.schedule.schedule.validate(stepsPerEpoch: steps, totalSteps: steps * run.training.epochs)
    }

    @Test func theDefaultRecipe() throws {
        let run = try RunConfiguration(recipe: .standard, currentFolder: home)
        #expect(run.training.epochs == 5 && run.training.batch == 256)
        #expect(run.optimizer.configuration.learningRate == 0.05)
        #expect(run.schedule.schedule.warmup == .epochs(1))
        let model = try run.model.makeModel(classes: nil)
        let traced = try TracedModel(model, exampleShape: [1, 28, 28], target: .classes(10), loss: run.loss)
        let parameters = traced.variables.filter(\.isTrainable).map { $0.shape.reduce(1, *) }.reduce(0, +)
        #expect(parameters == 288 + 64 + 18_432 + 128 + 3136 * 128 + 128 + 1290)
    }

    @Test func errorsNameTheRecipesLine() throws {
        let recipe = Recipe(name: "fashion-cnn", yaml: "# Title\n\ndata: {train: 5}\nmodel: mlp\n")
        do {
            _ = try RunConfiguration(recipe: recipe, currentFolder: home)
            Issue.record("the recipe is accepted")
        } catch {
            #expect(
                error.description.hasPrefix("recipe fashion-cnn, line 3: data.train: expected the files of"))
        }
        do {
            _ = try RunConfiguration(
                recipe: .standard, overrides: [.set("training.clip.nrm=3")], currentFolder: home)
            Issue.record("the override is accepted")
        } catch {
            #expect(error.description.hasPrefix("--set: training.clip.nrm: unknown key"))
        }
    }

    @Test func dataRootMovesARecipesFiles() throws {
        let run = try RunConfiguration(
            recipe: .standard, overrides: [.set("data.root=here")], currentFolder: home)
        #expect(run.data.test?.features == ["/home/user/here/t10k-images-idx3-ubyte.gz"])
    }
}
