import Testing

@testable import Configuration
@testable import Studies

/// Sweeps over one configuration.
@Suite struct StudyTests {
    private func study(_ yaml: String, output: String? = nil) throws -> StudyConfiguration {
        try StudyConfiguration(
            yaml: yaml, source: .file("/somewhere/rates.yaml"), output: output, currentFolder: "/")
    }

    @Test func combinationsAndNames() throws {
        let study = try study(
            """
            base: {recipe: fashion-mlp}
            set: {training.epochs: 2, schedule: {name: constant}}
            vary: {optimizer.lr: [0.01, 0.1], training.batch: [64, 128]}
            runs:
              adam: {optimizer: {name: adam}, training.epochs: 3}
            """)
        #expect(
            study.runs.map(\.name) == [
                "lr-0.01-batch-64", "lr-0.01-batch-128", "lr-0.1-batch-64", "lr-0.1-batch-128", "adam",
            ])
        let runs = study.runs.map(\.configuration)
        #expect(runs.map { $0.settings.optimizer.learningRate } == [0.01, 0.01, 0.1, 0.1, 1e-3])
        #expect(runs.map(\.settings.batch) == [64, 128, 64, 128, 256])
        #expect(runs.map(\.settings.epochs) == [2, 2, 2, 2, 3])
        #expect(runs[2].output == "studies/rates/lr-0.1-batch-64")
        #expect(study.against == .run && study.title == "rates")
    }

    @Test func commandLineHasTheLastWord() throws {
        let study = try StudyConfiguration(
            yaml: "base: {recipe: fashion-mlp}\nruns: {a: {training.epochs: 3}}", source: .file("s.yaml"),
            overrides: [.epochs(1)], output: "elsewhere", currentFolder: "/")
        #expect(study.runs[0].configuration.settings.epochs == 1)
        #expect(study.runs[0].configuration.output == "elsewhere/a")
    }

    @Test(arguments: Study.all.map(\.name))
    func builtInStudiesAreWhole(name: String) throws {
        let study = try #require(Study.named(name))
        let configuration = try StudyConfiguration(
            yaml: study.yaml, source: .recipe(name), currentFolder: "/")
        #expect(configuration.runs.count >= 2 && !configuration.metrics.isEmpty)
        #expect(configuration.output == "studies/\(name)" && !study.title.isEmpty)
    }

    @Test(arguments: [
        ("runs: {a: {}}", "base: missing"),
        ("base: {recipe: fashion-mpl}\nruns: {a: {}}", "did you mean \"fashion-mlp\"?"),
        ("base: {recipe: fashion-mlp}", "runs: missing"),
        ("base: {recipe: fashion-mlp}\nvary: {training.batch: 3}", "vary.training.batch: expected a list"),
        ("base: {recipe: fashion-mlp}\nvary: {training.batch: []}", "training.batch has no values"),
        ("base: {recipe: fashion-mlp}\nruns: {a/b: {}}", "a run's name must be made of letters"),
        ("base: {recipe: fashion-mlp}\nruns: {a: {training.batc: 3}}", "did you mean \"batch\"?"),
        ("base: {recipe: fashion-mlp}\nruns: {a: {}}\nreport: {against: time}", "unknown axis \"time\""),
        (
            "base: {recipe: fashion-mlp}\nruns: {a: {}}\nreport: {metrics: [train_los]}",
            "did you mean \"train_loss\"?"
        ),
        ("base: {recipe: fashion-mlp, config: x}\nruns: {a: {}}", "either a recipe or a config"),
        ("base: {recipe: fashion-mlp}\nruns: {a: {training..batch: 3}}", "expected a key path"),
        (
            "base: {recipe: fashion-mlp}\nvary: {training.seed: [1]}\nruns: {seed-1: {}}",
            "two runs are called \"seed-1\""
        ),
        (
            "base: {recipe: fashion-mlp}\nruns: {a: {}}\nreport: {metrics: [verdict]}",
            "verdict"
        ),
        (
            "base: {recipe: fashion-mlp}\nruns: {a: {}}\nreport: {against: epoch, diagnose: 100}",
            "report.diagnose: diagnoses the weights that a run ends with: set against: run"
        ),
        ("base: {recipe: fashion-mlp}\nruns: {a: {}}\nreport: {diagnose: 0}", "report.diagnose"),
    ])
    func errors(yaml: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try study(yaml) }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains(message))
    }

    @Test func sizesAndNamesAreBounded() {
        let keys = (0..<40).map { "a\($0): [1, 2, 3, 4, 5, 6, 7, 8, 9]" }.joined(separator: ", ")
        for (part, says) in [
            ("vary: {\(keys)}", "expected at most 1000 runs, found more combinations"),
            ("runs: {\"..\": {}}", "a run's name must be made of letters"),
            (
                "vary: {output: [\(String(repeating: "x", count: 300))]}",
                "expected runs' names of at most 200 bytes"
            ),
        ] {
            do {
                _ = try study("base: {recipe: fashion-mlp}\n\(part)")
                Issue.record("accepted: \(part)")
            } catch {
                #expect("\(error)".contains(says), "\(error)")
            }
        }
    }

    /// What a run's folder keeps is larger than what it was made of, and must be readable too.
    @Test func aConfigurationThatGrowsTooLargeIsRefused() {
        let layers = Array(repeating: "linear: 3", count: 3000).joined(separator: ", ")
        let failure = failure(dataLine + "model: [flatten, \(layers)]")
        #expect(failure.contains("config.yaml: with all defaults written out: expected at most 10000 values"))
    }
}
