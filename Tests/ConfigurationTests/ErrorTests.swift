import Datasets
import Messages
import Testing
import Training

@testable import Configuration

@Suite struct ErrorTests {
    @Test(arguments: [
        ("training: {bach: 3}", "training.bach: unknown key; did you mean \"batch\"?"),
        ("trainng: {}", "trainng: unknown key; did you mean \"training\"?"),
        ("logging: {steps: 3}", "logging.steps: unknown key; the keys here are every_steps"),
        (
            "optimizer: {name: sgd, momentun: 1}",
            "optimizer.momentun: unknown option of sgd; did you mean \"momentum\"?"
        ),
        (
            "optimizer: {name: sgd, betas: [0, 0]}",
            "optimizer.betas: unknown option of sgd; the options here are name, lr, momentum"
        ),
        ("optimizer: sdg", "optimizer: unknown optimizer \"sdg\"; did you mean \"sgd\"?"),
        ("optimizer: {lr: 1}", "optimizer.name: missing; it must be one of sgd, delta_bar_delta, adagrad"),
        ("schedule: {name: cosin}", "schedule.name: unknown schedule \"cosin\"; did you mean \"cosine\"?"),
        (
            "schedule: step",
            "schedule.step_size: missing; it must be a whole number, at least 1: the epochs between two falls"
        ),
        (
            "schedule: {name: cosine, warmup: 1, warmup_steps: 2}",
            "schedule.warmup_steps: must be left out beside"
        ),
        (
            "optimizer: {name: sgd, momentum: 1.5}",
            "optimizer.momentum: must be at least 0 and at most 1, is 1.5"
        ),
        ("optimizer: {name: sgd, nesterov: 1}", "optimizer.nesterov: expected true or false, found 1"),
        ("loss: crossentropy", "loss: unknown loss \"crossentropy\"; did you mean \"cross_entropy\"?"),
        ("loss: likelihood", "loss: unknown loss \"likelihood\"; the names here are cross_entropy, mse"),
        ("loss: {delta: 1}", "loss.name: missing; it must be one of cross_entropy, mse"),
        ("loss: {name: hubr}", "loss.name: unknown loss \"hubr\"; did you mean \"huber\"?"),
        (
            "loss: {name: huber, detla: 1}",
            "loss.detla: unknown option of huber; did you mean \"delta\"?"
        ),
        ("loss: {name: huber, delta: 0}", "loss.delta: must be a finite number above 0, is 0"),
        ("loss: {name: mse, delta: 1}", "loss.delta: unknown option of mse; the options here are name"),
        (
            "loss: {name: cross_entropy, label_smoothing: 1.5}",
            "loss.label_smoothing: must be at least 0 and at most 1, is 1.5"
        ),
        (
            "loss: {name: cross_entropy, class_weights: [1, -1]}",
            "loss.class_weights.1: must be a finite number, at least 0, is -1"
        ),
        (
            "loss: {name: cross_entropy, class_weights: [0, 0]}",
            "loss.class_weights: must be weights of which one is above 0, is [0, 0]"
        ),
        (
            "loss: {name: cross_entropy, class_weights: 2}",
            "loss.class_weights: expected a list of weights, one per class, found 2"
        ),
        (
            "loss: {name: binary_cross_entropy, pos_weight: []}",
            "loss.pos_weight: must be a number, or one per output, is []"
        ),
        ("evaluation: {metric: []}", "evaluation.metric: unknown key; did you mean \"metrics\"?"),
        (
            "evaluation: {metrics: accuracy}",
            "evaluation.metrics: expected a list of metrics (accuracy, top_5"
        ),
        (
            "evaluation: {metrics: [acuracy]}",
            "evaluation.metrics.0: unknown metric \"acuracy\"; did you mean \"accuracy\"?"
        ),
        (
            "evaluation: {metrics: [f1, top_0_accuracy]}",
            "evaluation.metrics.1: unknown metric \"top_0_accuracy\"; did you mean \"top_5_accuracy\"?"
        ),
        ("evaluation: {metrics: [f1, f1]}", "evaluation.metrics.1: must be left out: f1 stands twice"),
        ("training: {epochs: 0}", "training.epochs: must be a whole number from 1 to 1000000, is 0"),
        ("training: {seed: -1}", "training.seed: must be a whole number, at least 0, is -1"),
        (
            "training: {batch: 99999999999999999999}",
            "training.batch: must be a whole number from 1 to 16777216"
        ),
        ("training: {batch: 2.5}", "training.batch: expected a whole number, found 2.5"),
        ("training: {batch: \"256\"}", "training.batch: expected a whole number, found the text \"256\""),
        ("training: {batch: [1]}", "training.batch: expected a whole number, found a list"),
        (
            "training: {batch: many}",
            "training.batch: expected auto, or full, or a whole number from 1 to 16777216, found \"many\""
        ),
        ("training: {batch: }", "training.batch: expected a whole number, found nothing"),
        (
            "training: {batch: 0256}",
            "training.batch: expected a whole number, found 0256; a leading zero looks octal: write 256 if"
        ),
        (
            "training: {batch: 0o17}",
            "training.batch: expected a whole number, found 0o17; write the number with"
        ),
        (
            "training: {batch: 0x10}",
            "training.batch: expected a whole number, found 0x10; write the number with"
        ),
        (
            "training: {batch: 1_000}",
            "training.batch: expected a whole number, found 1_000; write the number with"
        ),
        (
            "optimizer: {name: sgd, lr: .nan}",
            "optimizer.lr: expected a number, found .nan; write a finite number"
        ),
        ("optimizer: {name: sgd, lr: -.INF}", "optimizer.lr: expected a number, found -.INF; write a finite"),
        (
            "optimizer: {name: sgd, lr: 1e999}",
            "optimizer.lr: expected a number, found 1e999; write a number below"
        ),
        ("optimizer: {name: sgd, lr: 01.5}", "optimizer.lr: expected a number, found 01.5; a leading zero"),
        ("optimizer: {name: sgd, lr: fast}", "optimizer.lr: expected a number, found \"fast\""),
        (
            "optimizer: {name: sgd, lr: \"0.01\"}",
            "optimizer.lr: expected a number, found the text \"0.01\""
        ),
        (
            "optimizer: {name: sgd, lr: ${LR}}",
            "the text is no YAML: while parsing a flow mapping in line 3, did not find expected ',' or '}'; variables are not replaced: write the value itself, or give it with --set"
        ),
        (
            "optimizer: {name: adam, betas: [0.9]}",
            "optimizer.betas: expected a list of 2 numbers, found [0.9]"
        ),
        ("training: 3", "training: expected keys with values (online, epochs, max_minutes, batch"),
        ("training: {clip: 0}", "training.clip: must be a finite number above 0, is 0"),
        (
            "training: {clip: {norm: 1, max_norm: 1}}",
            "training.clip.max_norm: duplicate key: norm means the same"
        ),
        (
            "training: {transport: tcp}",
            "training.transport: unknown transport \"tcp\"; the names here are auto, shared"
        ),
        (
            "training: {instruction_set: avx}",
            "training.instruction_set: unknown instruction set \"avx\"; did you mean \"avx2\"?"
        ),
        ("output: 5", "output: expected the path of a folder, found 5; put it in quotation marks"),
        ("output: \"\"", "output: expected the path of a folder, found the text \"\""),
        ("output: true", "output: expected the path of a folder, found \"true\"; put it in quotation marks"),
        ("<<: {a: 1}", "a: unknown key; the keys here are data, model"),
        ("\"a\\nb\": 1", "a?b: unknown key; the keys here are data, model"),
        ("? [a]\n: 1", "expected a word as key, found a list"),
        (
            "training: !!binary x",
            "expected a value without a tag, or with one that fits it, found the tag \"!!binary\""
        ),
    ])
    func theThirdLineIsNamed(line: String, message: String) {
        let failure = failure(small + line)
        #expect(failure.hasPrefix("config.yaml:3: \(message)"), "\(failure)")
        #expect(!failure.contains { $0.isNewline })
    }

    @Test(arguments: [
        ("", "config.yaml: expected a configuration, found an empty document"),
        ("# a comment\n", "config.yaml: expected a configuration, found an empty document"),
        ("---\n", "config.yaml: expected a configuration, found an empty document"),
        ("null", "config.yaml: expected a configuration, found an empty document"),
        ("just words", "config.yaml:1: expected the sections of a configuration (data, model"),
        ("- a\n- b", "config.yaml:1: expected the sections of a configuration (data, model"),
        ("loss: mse", "config.yaml: data: missing; it must be the files to train on"),
        (dataLine, "config.yaml: model: missing; it must be a list of layers, or a built-in model's name"),
        (small + "---\nloss: mse", "config.yaml:3: expected one document, found another behind it"),
        (small + "training:\n\tbatch: 3", "config.yaml:4: the text is no YAML: "),
        (small + "training: {batch: 3", "config.yaml:3: the text is no YAML: "),
        (small + "loss: mse\u{0}", "config.yaml:3: the text is no YAML: control characters"),
        (small + "loss: *nothing", "config.yaml:3: the text is no YAML: found undefined alias"),
        (
            "data:\n  train:\n    format: parquet\n    features: a\n",
            "config.yaml:3: data.train.format: unknown format \"parquet\"; save the data as CSV or .npy"
        ),
        ("data:\n  train:\n    format: idx\n    features: a\n", "config.yaml:2: data.train.labels: missing"),
        (
            "data:\n  train:\n    format: idx\n    features:\n",
            "config.yaml:4: data.train.features: expected the path of a file, or a list of them, found nothing"
        ),
    ])
    func wholeTexts(yaml: String, message: String) {
        let failure = failure(yaml)
        #expect(failure.hasPrefix(message), "\(failure)")
    }

    @Test func aTabIsAdvisedAgainst() {
        #expect(failure(small + "training:\n\tbatch: 3").hasSuffix("; indent with spaces, not tabs"))
    }

    @Test(arguments: [
        ("loss: mse\nloss: mse", "config.yaml:4: loss: duplicate key, first in line 3"),
        (
            "training:\n  batch: 3\n  epochs: 4\n  batch: 5",
            "config.yaml:6: training.batch: duplicate key, first in line 4"
        ),
        (
            "training: {batch: 3, \"batch\": 5}",
            "config.yaml:3: training.batch: duplicate key, first in line 3"
        ),
        (
            "training: {\"batch\": 3,\n batch: 5,\n 'batch': 6}",
            "config.yaml:4: training.batch: duplicate key"
        ),
        (
            "training: {a: [{x: 1, x: 2}]}\nloss: mse\nloss: mse",
            "config.yaml:3: training.a.0.x: duplicate key"
        ),
        ("? {a: 1, a: 2}\n: 3", "config.yaml:3: duplicate key; remove one of the two"),
    ])
    func duplicates(lines: String, message: String) {
        let failure = failure(small + lines)
        #expect(failure.hasPrefix(message), "\(failure)")
    }

    @Test func aliasesStandForCopies() throws {
        let run = try read(
            dataLine + """
                model:
                  - &block
                    linear: 5
                  - relu
                  - *block
                """)
        #expect(run == (try read(dataLine + "model: [linear: 5, relu, linear: 5]")))
    }

    /// null, and nothing behind a section's name, mean what leaving the key out means, wherever there is a default.
    @Test func nullIsTheDefault() throws {
        let plain = try read(small + "optimizer: sgd\n")
        for text in [
            "optimizer: {name: sgd, momentum: null, lookahead: null, no_decay: null, sharded: null}",
            "optimizer: sgd\nloss:\ninit: {}\nschedule: ~\ntraining: {batch: null, clip: ~}\noutput: null",
            "optimizer: sgd\nevaluation: {metrics: null, train: null}\ncheckpoint: {every_epochs: null}\n",
        ] {
            #expect(try read(small + text) == plain, "\(text)")
        }
        #expect(try read(small + "optimizer:") == read(small))
        for (text, says) in [
            ("training: {batch: }", "training.batch: expected a whole number, found nothing"),
            ("training: {clip: {norm: null}}", "training.clip.norm: missing"),
            (
                "schedule: {name: step, step_size: null}",
                "schedule.step_size: expected a whole number, found null"
            ),
        ] {
            #expect(failure(small + text).hasPrefix("config.yaml:3: \(says)"), "\(failure(small + text))")
        }
        #expect(failure(dataLine + "model: null").contains("model: expected a list of layers"))
    }

    @Test func bombsAreRefused() {
        let names = (0..<9).map { "a\($0)" }
        var bomb = "x0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for (inner, outer) in zip(names, names.dropFirst()) {
            bomb +=
                "\(outer): &\(outer) [" + Array(repeating: "*\(inner)", count: 8).joined(separator: ", ")
                + "]\n"
        }
        #expect(failure(bomb).hasPrefix("config.yaml: expected at most 16 aliases (*name), found 64"))
        // As many aliases as are allowed, of a text that is large already.
        let words = Array(repeating: "w", count: 2000).joined(separator: ", ")
        let wide = "a: &a [\(words)]\nb: [*a, *a, *a, *a, *a, *a]\n"
        #expect(failure(wide).contains("expected at most 10000 values, aliases expanded, found more"))
        let deep = "a: " + String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(failure(deep).hasPrefix("config.yaml:1: expected at most 48 levels of nesting"))
        let deepest = String(repeating: "[", count: 50_000)
        #expect(failure(deepest).contains("levels of nesting"))
        #expect(failure(String(repeating: "#", count: 300_000)).contains("expected at most 262144 bytes"))
    }

    @Test func filesThatCannotBeRead() throws {
        #expect(throws: ConfigurationError.self) { try RunConfiguration(file: "/no/such/file.yaml") }
        #expect(throws: ConfigurationError.self) { try RunConfiguration(file: "/dev/zero") }
        #expect(throws: ConfigurationError.self) { try RunConfiguration(file: "/tmp") }
        do {
            _ = try RunConfiguration.text(ofFile: "none.yaml", currentFolder: "/no/such")
            Issue.record("a missing file is read")
        } catch {
            #expect(error.kind == .unreadable)
            #expect(
                error.description.hasPrefix("none.yaml: there is no such file; give the path of a YAML file"))
        }
    }

    @Test(
        arguments: [
            ("bach", "batch"), ("batchs", "batch"), ("bacth", "batch"), ("Batch", "batch"),
            ("epoch", "epochs"),
            ("momentm", nil), ("lr", nil), ("", nil), ("sede", "seed"), ("xxed", "seed"), ("xxxd", nil),
        ] as [(String, String?)])
    func nearestNames(word: String, name: String?) {
        #expect(nearestName(to: word, among: ["batch", "epochs", "seed"]) == name)
    }
}
