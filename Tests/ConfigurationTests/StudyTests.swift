import Testing

@testable import Configuration
@testable import Studies

/// Sweeps over one configuration.
@Suite struct StudyTests {
    private func study(
        _ yaml: String, output: String? = nil, isQuick: Bool = false
    ) throws -> StudyConfiguration {
        try StudyConfiguration(
            yaml: yaml, source: .file("/somewhere/rates.yaml"), output: output, isQuick: isQuick,
            currentFolder: "/")
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
        #expect(study.variedKeys == ["optimizer.lr", "training.batch"])
        #expect(study.runs.map(\.values)[3...] == [["0.1", "128"], ["", ""]])
    }

    /// A list or mapping is named by its words, and by its place too where these are many or not its own.
    @Test func namesOfValues() throws {
        let study = try study(
            """
            base: {recipe: fashion-mlp}
            vary:
              model: [[flatten, {linear: 10}], [flatten, {linear: {out: 100, bias: false}}, relu, {linear: 10}], [flatten, {linear: 10}]]
              optimizer: [adam, {name: sgd, lr: 0.5}]
            """)
        #expect(
            study.runs.map(\.name) == [
                "model-flatten-linear-10-0-optimizer-adam",
                "model-flatten-linear-10-0-optimizer-name-sgd-lr-0.5",
                "model-flatten-linear-out-100-bias-false-relu-l-1-optimizer-adam",
                "model-flatten-linear-out-100-bias-false-relu-l-1-optimizer-name-sgd-lr-0.5",
                "model-flatten-linear-10-2-optimizer-adam",
                "model-flatten-linear-10-2-optimizer-name-sgd-lr-0.5",
            ])
        #expect(study.runs[1].values == ["[flatten, {linear: 10}]", "{name: sgd, lr: 0.5}"])
    }

    /// What changes a run last is what its column says.
    @Test func columnsSayWhatTheRunsHave() throws {
        let study = try StudyConfiguration(
            yaml: "base: {recipe: fashion-mlp}\nvary: {training.batch: [64]}", source: .file("s.yaml"),
            overrides: [.batch(32)], currentFolder: "/")
        #expect(study.runs[0].values == ["32"])
    }

    @Test func commandLineHasTheLastWord() throws {
        let study = try StudyConfiguration(
            yaml: "base: {recipe: fashion-mlp}\nruns: {a: {training.epochs: 3}}", source: .file("s.yaml"),
            overrides: [.epochs(1)], output: "elsewhere", currentFolder: "/")
        #expect(study.runs[0].configuration.settings.epochs == 1)
        #expect(study.runs[0].configuration.output == "elsewhere/a")
    }

    @Test(arguments: Study.all.map(\.name), [false, true])
    func builtInStudiesAreWhole(name: String, isQuick: Bool) throws {
        let study = try #require(Study.named(name))
        let configuration = try StudyConfiguration(
            yaml: study.yaml, source: .recipe(name), isQuick: isQuick, currentFolder: "/")
        #expect(!configuration.runs.isEmpty && !configuration.metrics.isEmpty)
        #expect(configuration.output == "studies/\(name)" && !study.title.isEmpty)
    }

    @Test func quickChanges() throws {
        let yaml = """
            base: {recipe: fashion-mlp}
            set: {training.epochs: 9}
            vary: {training.batch: [16, 32, 64]}
            runs:
              long: {training.epochs: 20}
              huge: {training.epochs: 90}
            quick:
              training.epochs: 2
              data.train.limit: 100
              vary: {training.batch: [16]}
              runs: {long: {optimizer.lr: 0.5}, huge: null}
              diagnose: 10
            report: {diagnose: 500}
            """
        let (whole, quick) = (try study(yaml), try study(yaml, isQuick: true))
        #expect(whole.runs.map(\.name) == ["batch-16", "batch-32", "batch-64", "long", "huge"])
        #expect(whole.runs.map(\.configuration.settings.epochs) == [9, 9, 9, 20, 90])
        #expect(whole.diagnosedExamples == 500 && quick.diagnosedExamples == 10)
        #expect(quick.runs.map(\.name) == ["batch-16", "long"])
        let settings = quick.runs.map(\.configuration.settings)
        // What is quick for all comes after a run's own.
        #expect(settings.map(\.epochs) == [2, 2] && settings[1].optimizer.learningRate == 0.5)
        #expect(settings.allSatisfy { $0.configurationText?.contains("limit: 100") == true })
        let longer = try StudyConfiguration(
            yaml: yaml, source: .file("s.yaml"), overrides: [.epochs(3)], isQuick: true, currentFolder: "/")
        #expect(longer.runs[0].configuration.settings.epochs == 3)
    }

    /// A quick study has no pictures of runs that it leaves out, whether it names them or varies less.
    @Test func quickLeavesPicturesOut() throws {
        let yaml = """
            base: {recipe: valley}
            vary: {training.seed: [1, 2]}
            runs: {a: {}, b: {}}
            pictures:
              left: {landscape: a, along: gradient}
              line: {landscape: b, to: a}
              varied: {landscape: seed-2, along: gradient}
              kept: {landscape: b, along: gradient}
            quick: {vary: {training.seed: [1]}, runs: {a: null}}
            """
        #expect(try study(yaml).pictures.map(\.name) == ["left", "line", "varied", "kept"])
        #expect(try study(yaml, isQuick: true).pictures.map(\.name) == ["kept"])
        let unknown = #expect(throws: ConfigurationError.self) {
            try study(yaml.replacing("landscape: seed-2", with: "landscape: seed-3"), isQuick: true)
        }
        #expect(unknown?.description.contains("unknown run \"seed-3\"") == true)
    }

    @Test func pictures() throws {
        let study = try study(
            """
            base: {recipe: valley}
            runs: {a: {}, b: {}}
            report: {diagnose: 10, reach: {metric: test_loss, value: 0.5}, metrics: [reach_step, seconds]}
            pictures:
              loss: {curves: [loss, gradient_norm], against: step, scale: log}
              widths: {curves: [generalization_gap], across: parameters}
              ratio: {scatter: [diagnosed_loss, minimum_ratio]}
              surface: {landscape: a, path: [a, b], range: [-1, 1, -2, 2], points: 5}
              between: {landscape: a, to: b, examples: 100, data: test}
            """)
        let contents = study.pictures.map(\.content)
        #expect(study.pictures.map(\.name) == ["loss", "widths", "ratio", "surface", "between"])
        #expect(contents[0] == .curves(["loss", "gradient_norm"], against: .step))
        #expect(study.pictures[0].scale == .logarithmic && study.pictures[1].scale == .automatic)
        #expect(contents[1] == .means(["generalization_gap"], across: "parameters"))
        #expect(contents[2] == .scatter(x: "diagnosed_loss", y: "minimum_ratio"))
        guard case .landscape(let surface) = contents[3], case .landscape(let between) = contents[4] else {
            Issue.record("no landscapes: \(contents)")
            return
        }
        #expect(surface.directions { "studies/\($0)" } == .path(["studies/a", "studies/b"]))
        #expect(surface.options.range == [-1, 1, -2, 2] && surface.options.points == 5)
        #expect(between.directions { "x/\($0)" } == .line(to: "x/b") && between.options.examples == 100)
        #expect(between.data == .test && between.run == "a")
        let reach = try #require(study.reach)
        #expect(reach.isReached(by: 0.5) && reach.isReached(by: 0.4) && !reach.isReached(by: 0.6))
        #expect(StudyConfiguration.Reach(metric: "test_accuracy", value: 0.9).isReached(by: 0.95))
    }

    @Test(arguments: [
        ("pictures: {p: {}}", "pictures.p: must have one of curves, scatter and landscape, has none"),
        ("pictures: {p: {curves: [loss], scatter: [loss, lr]}}", "has curves and scatter"),
        ("pictures: {p: {scatter: [test_loss]}}", "scatter must be two metrics, is 1"),
        ("pictures: {p: {curves: [seconds]}}", "stands in times.csv alone"),
        ("pictures: {p: {curves: [outcome]}}", "outcome is a word"),
        ("pictures: {p: {curves: [train_los]}}", "did you mean \"train_loss\"?"),
        ("pictures: {p: {curves: [loss], against: run}}", "against step, epoch or evaluation"),
        ("pictures: {p: {curves: [loss], points: 3}}", "points: does not go with curves"),
        ("pictures: {p: {curves: [loss], scale: cubic}}", "unknown scale \"cubic\""),
        ("pictures: {a: {curves: [loss]}}", "a run is called \"a\" as well"),
        ("pictures: {p/q: {curves: [loss]}}", "a picture's name must be made of letters"),
        ("pictures: {p: {landscape: a, path: [a]}}", "run a keeps no path: set logging.parameters"),
        ("pictures: {p: {landscape: a}}", "must have one of along, to, path and outputs"),
        ("pictures: {p: {landscape: c, to: a}}", "unknown run \"c\""),
        ("pictures: {p: {landscape: a, to: a, along: plane}}", "has along and to"),
        ("pictures: {p: {landscape: a, along: gradient, points: 1}}", "points"),
        ("pictures: {p: {landscape: a, along: plane, range: [0, 1]}}", "range is for path and outputs"),
        ("pictures: {p: {landscape: a, along: planes}}", "did you mean \"plane\"?"),
        ("quick: {training.epoch: 3}", "did you mean \"epochs\"?"),
        ("quick: {runs: {b: {}}}", "unknown run \"b\""),
        ("quick: {vary: {training.batch: 3}}", "expected a list"),
        ("quick: [1]", "expected key paths with values"),
        ("report: {reach: {metric: outcome, value: 1}}", "is a word"),
        ("report: {reach: {metric: test_loss}}", "reach.value: missing"),
        ("report: {metrics: [reach_step]}", "reach_step"),
        ("pictures: {study: {curves: [loss]}}", "study.svg is the picture of the table"),
        ("report: {metrics: [test_recal_per_class]}", "did you mean \"test_recall_per_class\"?"),
        ("report: {metrics: [test_recall_per_class.x]}", "unknown metric"),
        (
            "report: {against: epoch, metrics: [test_recall_per_class.1]}",
            "is measured at the end of a run alone; set against: run"
        ),
    ])
    func mistakesInPicturesAndQuickChanges(part: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try study("base: {recipe: fashion-mlp}\nruns: {a: {}}\n\(part)", isQuick: part.contains("quick"))
        }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains(message))
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
