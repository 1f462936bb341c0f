import Datasets
import Layers
import Testing

@testable import Configuration

@Suite struct RecipeTests {
    @Test func namesAndTitles() throws {
        #expect(
            Recipe.all.map(\.name) == [
                "fashion-cnn", "fashion-lenet5", "fashion-mlp", "fashion-mlp-big", "fashion-resnet20",
                "bible-lstm", "bible-transformer", "languages-gru", "two-weights", "twenty-examples",
                "valley", "cliff", "hill", "unlike-features", "saddle",
                "shallow-minimum", "wrong-outputs",
            ])
        #expect(Recipe.standard.name == "fashion-cnn")
        for recipe in Recipe.all {
            #expect(recipe.title.hasPrefix("Fashion-MNIST with ") == Recipe.images.contains(recipe))
            #expect((10...80).contains(recipe.title.count), "\(recipe.title)")
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

    @Test(arguments: Recipe.images.map(\.name))
    func aRecipeIsWhole(name: String) throws {
        let run = try RunConfiguration(recipe: Recipe.named(name), currentFolder: home)
        #expect(run.output == "runs/\(name)")
        #expect(
            run.settings.data.training.featureNames == [
                "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
            ])
        #expect(run.settings.data.normalization == .standardize)
        // None gives it, and at the mini-batches of all it is what their recorded weights were made with.
        #expect(run.settings.shards == nil && run.settings.shardCount == 8)
        let model = try run.makeModel(classes: 10)
        let traced = try TracedModel(model, exampleShape: [1, 28, 28], target: .classes(10), loss: run.loss)
        #expect(traced.outputShape == [10])
        let batch = run.settings.batch
        #expect(!run.settings.isFullBatch)
        let steps = (60_000 + batch - 1) / batch
        try run.settings.rates().validate(stepsPerEpoch: steps, totalSteps: steps * run.settings.epochs)
    }

    @Test(arguments: Recipe.texts.map(\.name))
    func aTextIsWhole(name: String) throws {
        let run = try RunConfiguration(recipe: Recipe.named(name), currentFolder: home)
        #expect(run.output == "runs/\(name)")
        let data = run.settings.data
        #expect(data.training.format == .text && data.normalization == .none)
        let layout = try data.training.outline()
        let length = layout.exampleShape[0]
        let isModel = name != "languages-gru"
        let traced = try TracedModel(
            run.makeModel(classes: nil), exampleShape: [length], hasLengths: true,
            target: .classes(isModel ? 63 : 8), labelShape: isModel ? [length] : [], loss: run.loss)
        #expect(traced.tokenCount ?? 0 >= (isModel ? 63 : 52))
        if isModel { #expect(try traced.positionModel(longest: 500).longest > 100) }
        #expect(!run.settings.isFullBatch)
        do {
            try run.requireFiles()
            Issue.record("the data are there")
        } catch { #expect(error.description.contains("make it with scripts/text-data"), "\(error)") }
    }

    /// A toy holds its examples, keeps the way of its weights at every step, and has few of them.
    @Test(arguments: Recipe.toys.map(\.name))
    func aToyIsWhole(name: String) throws {
        let run = try RunConfiguration(recipe: Recipe.named(name), currentFolder: home)
        #expect(run.output == "runs/\(name)")
        #expect(run.settings.parameterSteps == 1 && run.settings.loggingSteps == 1)
        let data = try Dataset(run.settings.data.training)
        #expect((1...20).contains(data.count))
        let classes = data.classCount
        let model = try run.makeModel(classes: classes)
        let traced = try TracedModel(
            model, exampleShape: data.exampleShape, target: classes.map { .classes($0) } ?? .values([1]),
            loss: run.loss)
        #expect(traced.outputShape == [classes ?? 1])
        let parameters = traced.variables.map { $0.shape.reduce(1, *) }.reduce(0, +)
        #expect((1...10).contains(parameters))
    }

    @Test func theDefaultRecipe() throws {
        let run = try RunConfiguration(recipe: .standard, currentFolder: home)
        #expect(run.settings.epochs == 5 && run.settings.batch == 256)
        #expect(run.settings.optimizer.learningRate == 0.05)
        #expect(try run.settings.rates().warmup == .epochs(1))
        let model = try run.makeModel(classes: nil)
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
                error.description.hasPrefix(
                    "recipe fashion-cnn, line 3: data.train: expected keys with values, of which format is one of idx, npy"
                ))
        }
        do {
            _ = try RunConfiguration(
                recipe: .standard, overrides: [.set("training.clip.nrm=3")], currentFolder: home)
            Issue.record("the override is accepted")
        } catch {
            #expect(error.description.hasPrefix("--set training.clip.nrm=3: unknown key"))
        }
    }

    @Test func dataRootMovesARecipesFiles() throws {
        let run = try RunConfiguration(
            recipe: .standard, overrides: [.set("data.root=here")], currentFolder: home)
        #expect(run.settings.data.test?.featureNames == ["/home/user/here/t10k-images-idx3-ubyte.gz"])
    }
}
