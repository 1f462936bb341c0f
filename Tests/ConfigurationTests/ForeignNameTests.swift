import Testing

@testable import Configuration

/// What other programs call things is refused, with our name for it.
@Suite struct ForeignNameTests {
    @Test(arguments: [
        ("training: {batch_size: 3}", "training.batch_size: unknown key; did you mean \"batch\"?"),
        ("training: {max_epochs: 3}", "training.max_epochs: unknown key; did you mean \"epochs\"?"),
        (
            "optimizer: {name: sgd, learning_rate: 1}",
            "optimizer.learning_rate: unknown option of sgd; did you mean \"lr\"?"
        ),
        ("optimizer: {learning_rate: 1}", "optimizer.learning_rate: unknown option; did you mean \"lr\"?"),
        ("optimizer: {lr: 1}", "lars, lamb, swats, newton_cg; for what it is unless given, write name: adam"),
        ("epochs: 3", "epochs: unknown key; did you mean \"training.epochs\"?"),
        ("batch_size: 3", "batch_size: unknown key; did you mean \"training.batch\"?"),
        ("lr: 3", "lr: unknown key; did you mean \"optimizer.lr\"?"),
        ("training: {lr: 3}", "training.lr: unknown key; did you mean \"optimizer.lr\"?"),
        ("training: {optimizer: adam}", "training.optimizer: unknown key; did you mean \"optimizer\"?"),
        ("momentum: 3", "did you mean \"optimizer.momentum\" or \"schedule.momentum\"?"),
        // An option of other optimizers is none of a schedule.
        ("optimizer: {name: adam, momentum: 1}", "the options here are name, lr, betas"),
        ("criterion: mse", "did you mean \"loss\"?"),
        ("loss: MSELoss", "unknown loss \"MSELoss\"; did you mean \"mse\"?"),
        ("schedule: CosineAnnealingLR", "did you mean \"cosine\"?"),
        (
            "optimizer: {name: sgd, nesterov: yes}",
            "optimizer.nesterov: expected true or false, found \"yes\"; write true"
        ),
        ("optimizer: {name: adam, amsgrad: off}", "found \"off\"; write false"),
        ("optimizer: {name: sgd, lr: [0.1]}", "expected a number, found a list; write 0.1, without brackets"),
        ("schedule: {name: one_cycle, cycle_momentum: no}", "found \"no\"; write false"),
        ("training: {bach: 3}", "did you mean \"batch\"?"),
    ])
    func sections(line: String, says: String) {
        #expect(failure(small + line).contains(says), "\(failure(small + line))")
    }

    @Test(arguments: [
        ("dense: 3", "linear"), ("conv", "conv2d"), ("dropout2d: 0.5", "dropout"),
        ("maxpool: 2", "max_pool2d"),
        ("MaxPooling2D: 2", "max_pool2d"), ("batchnorm", "batch_norm"), ("BatchNorm2d", "batch_norm"),
        ("GlobalAveragePooling2D", "global_avg_pool"), ("conv2d: {filters: 8, kernel: 3}", "out"),
        ("dropout: {rate: 0.5}", "p"), ("linear: {units: 3}", "out"),
    ])
    func layers(layer: String, name: String) {
        let text = failure(
            dataLine + "model: [{\(layer)}]".replacing("[{\(layer)}]", with: "\n  - \(layer)\n"))
        #expect(text.contains("did you mean \"\(name)\"?"), "\(text)")
    }

    /// What is suggested exists.
    @Test func aliasesAreNoNamesOfOurs() {
        for key in ["batch", "epochs", "lr", "linear", "loss", "data"] {
            #expect(!ForeignNames.ours(for: key).contains(key))
        }
    }

    @Test func variablesInSingleQuotes() throws {
        let change = try ConfigurationOverride.set("data.train.features=${DATA}/x.npy")
        let text = failure(small, [change])
        #expect(
            text.contains(
                "not in single quotes: use double quotes, --set \"data.train.features=${DATA}/x.npy\""),
            "\(text)")
        #expect(failure(small + "output: ${A}/x").contains("or give it with --set \"output=${A}/x\""))
    }

    @Test func missingNamesOnTheCommandLine() throws {
        let change = try ConfigurationOverride.set("optimizer.lr=0.1")
        #expect(failure(small, [change]).contains("add --set optimizer.name=adam"))
        let name = try ConfigurationOverride.set("optimizer.name=adam")
        #expect(try read(small, [change, name]).settings.optimizer.learningRate == 0.1)
    }

    @Test func textsOfAnotherSort() throws {
        #expect(failure("base: {recipe: fashion-mlp}\nvary: {}").contains("base: unknown key; it is a study"))
        let error = #expect(throws: ConfigurationError.self) {
            try StudyConfiguration(yaml: small, source: .file("s.yaml"), currentFolder: home)
        }
        #expect(error?.description.contains("model: unknown key; it is a configuration") == true)
    }
}
