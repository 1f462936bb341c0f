import Testing

@testable import Training

/// What differs between the resolved configurations of two runs.
@Suite struct ConfigurationChangeTests {
    private static let text = """
        data:
          train: {format: csv, files: ["/a, b.csv", /c.csv], label: "y: z", ignore: [id]}
          validation: {fraction: 0.1}
          augment:
            - {flip: {p: 0.5, vertical: false}}
        model:
          - linear: {out: 8, bias: true}
          - relu
          - residual:
              body:
                - linear: {out: 8, bias: true}
              shortcut: []
          - linear: {out: 4, bias: true}
        loss: cross_entropy
        optimizer: {name: adam, lr: 0.05, betas: [0.9, 0.999], sharded: false}
        schedule: {name: constant, warmup: 0, by: step}
        training:
          epochs: 1
          batch: 32
          workers: 2
        output: runs/x

        """

    private static func changes(_ pairs: [(String, String)]) -> String? {
        let new = pairs.reduce(text) { $0.replacing($1.0, with: $1.1) }
        return ConfigurationChange.text(ConfigurationChange.all(from: text, to: new))
    }

    @Test(arguments: [
        ("lr: 0.05", "lr: 0.1", "optimizer.lr: 0.1, the run has 0.05"),
        ("[0.9, 0.999]", "[0.8, 0.999]", "optimizer.betas: [0.8, 0.999], the run has [0.9, 0.999]"),
        (
            "{name: adam, lr: 0.05, betas: [0.9, 0.999],", "{name: sgd, lr: 1,",
            "optimizer.name: sgd, the run has adam"
        ),
        ("by: step", "by: epoch", "schedule.by: epoch, the run has step"),
        ("batch: 32", "batch: 64", "training.batch: 64, the run has 32"),
        ("p: 0.5", "p: 0.25", "data.augment.0.flip.p: 0.25, the run has 0.5"),
        (
            "{flip: {p: 0.5, vertical: false}}", "{crop: {padding: 4}}",
            "data.augment.0: crop, the run has flip"
        ),
        (
            "model:\n  - linear: {out: 8", "model:\n  - linear: {out: 9",
            "model.0.linear.out: 9, the run has 8"
        ),
        (
            "        - linear: {out: 8", "        - linear: {out: 7",
            "model.2.residual.body.0.linear.out: 7, the run has 8"
        ),
        ("  - relu", "  - tanh", "model.1: tanh, the run has relu"),
        ("  - relu\n", "", "model.1: residual, the run has relu"),
        ("  - linear: {out: 4, bias: true}\n", "", "model: 3 elements, the run has 4 elements"),
        ("  batch: 32\n", "  batch: 32\n  clip: {norm: 1}\n", "training.clip: {norm: 1}, the run has none"),
        ("  validation: {fraction: 0.1}\n", "", "data.validation: none, the run has {fraction: 0.1}"),
        ("\"y: z\"", "\"y, z\"", "data.train.label: \"y, z\", the run has \"y: z\""),
    ])
    func oneKey(old: String, new: String, says: String) { #expect(Self.changes([(old, new)]) == says) }

    @Test func severalKeys() {
        #expect(
            Self.changes([("fraction: 0.1", "fraction: 0.2"), ("lr: 0.05", "lr: 1")])
                == "optimizer.lr: 1, the run has 0.05; data.validation.fraction: 0.2, the run has 0.1")
        #expect(
            Self.changes([
                ("lr: 0.05", "lr: 1"), ("epochs: 1", "epochs: 2"), ("batch: 32", "batch: 1"),
                ("  - relu", "  - tanh"),
            ])?.hasSuffix("; and 1 more change") == true)
        #expect(Self.changes([("workers: 2", "workers: 1"), ("runs/x", "runs/y")]) == nil)
    }

    /// A run's file may hold anything.
    @Test func anyText() {
        for text in [
            "", "{", "- \n -", "a: {b: {", "\"", String(repeating: "a: {", count: 3000), "- - - x\n    y:",
        ] {
            _ = ConfigurationChange.all(from: text, to: Self.text)
            _ = ConfigurationChange.all(from: Self.text, to: text)
        }
        let deep = String(repeating: "{a: ", count: 5000) + String(repeating: "}", count: 5000)
        #expect(ConfigurationChange.all(from: "x: \(deep)", to: "x: 1").count == 1)
        let steps = (0..<5000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
        #expect(!ConfigurationChange.all(from: steps, to: Self.text).isEmpty)
    }

    @Test func theCommandOfANewRun() {
        let command = NewRunCommand(
            program: "dtrain",
            arguments: ["train", "--resume", "auto", "--epochs", "3", "--output=/none/a b"])
        #expect(
            command.text(after: "/none/a b/", takesWeights: true)
                == "dtrain train --epochs 3 --config '/none/a b//config.yaml' --set 'init.weights=\"/none/a b/\"' --output '/none/a b-2'"
        )
        let named = NewRunCommand(program: "./d", arguments: ["--config", "x.yaml", "--resume=auto"])
        #expect(
            named.text(after: "/none/x", takesWeights: false) == "./d --config x.yaml --output /none/x-2")
    }
}
