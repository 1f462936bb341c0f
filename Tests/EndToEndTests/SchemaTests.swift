import Configuration
import Foundation
import Options
import ProcessSupport
import Studies
import Testing
import Training

extension EndToEndTests {
    /// The schema that `dtrain schema` prints, held against a validator that knows nothing of dtrain.
    @Suite(
        .enabled(
            if: PythonReader.has("jsonschema, ruamel.yaml"),
            "needs a Python with jsonschema and ruamel.yaml, see scripts/test"))
    struct Schema {
        /// What the validator says of some documents.
        struct Answer: Decodable {
            struct Variant: Decodable {
                let change: String
                /// The changed document as JSON, which is YAML too.
                let text: String
                let isValid: Bool
            }

            /// The mistake in each document that is refused.
            let errors: [String: String]
            /// The number of mappings in varied documents, and those that take an unknown key.
            let mappings: Int
            let open: [String]
            /// The number of defaults, and those that their own schema refuses.
            let defaults: Int
            let wrong: [String]
            let variants: [Variant]
        }

        private func validate(_ documents: [String: String], varied: [String] = []) throws -> Answer {
            struct Job: Encodable {
                let documents: [String: String]
                let varied: [String]
            }
            let data = try TestData()
            defer { data.remove() }
            let schema = try DTrainRun.run(0, ["schema"])
            try #require(schema.exitCode == 0 && schema.standardError.isEmpty, "\(schema)")
            let job = try JSONEncoder().encode(Job(documents: documents, varied: varied))
            return try PythonReader.read(
                "schema.py",
                [
                    data.write("schema.json", text: schema.standardOutput),
                    data.write("job.json", text: String(decoding: job, as: UTF8.self)),
                ])
        }

        private func read(_ yaml: String, _ set: [String] = []) throws(ConfigurationError) -> RunConfiguration
        {
            var overrides: [ConfigurationOverride] = []
            for assignment in set { overrides.append(try .set(assignment)) }
            return try RunConfiguration(
                yaml: yaml, source: .file("config.yaml"), overrides: overrides, currentFolder: "/")
        }

        /// Most keys, in long and short forms.
        private static let long = """
            x-rate: &rate 1e-3
            data:
              root: /data
              train: {format: csv, files: [a.csv, b.csv], label: price, task: regression, ignore: [id, 3], delimiter: ";", limit: 100}
              test: {format: csv, files: c.csv, label: 0, header: false, task: regression}
              validation: {fraction: 0.2}
              normalize: {name: min_max, range: [-1, 1]}
              augment: [flip, {crop: 4}]
              shuffle: once
            model:
              - conv2d: {out_channels: 8, kernel: [3, 3], padding: 1, init: {weight: orthogonal, gain: 2}}
              - batch_norm:
              - relu
              - residual: {body: [{linear: 8}, {dropout: 0.5}], shortcut: []}
              - linear: {out: 1, init: {name: normal, std: 0.1}}
            loss: {name: huber, delta: 2}
            init: {default: {weight: kaiming_normal, bias: {name: constant, val: 0.5}}}
            optimizer: {name: adam, lr: *rate, betas: [0.8, 0.99], no_decay: [bias], lookahead: {k: 3}, sharded: true}
            schedule: {name: step, step_size: 2, momentum: {values: [0.5, 0.9], epochs: [0, 2]}}
            training:
              epochs: 3
              batch: full
              batch_growth: null
              shards: 4
              seed: 9223372036854775807
              clip: 5
              skip_spikes: {sigma: 6}
              watch: {metric: validation_r2, by: epoch}
              early_stopping: {patience: 2, min_delta: 0}
              instruction_set: auto
            evaluation: {metrics: [r2, mae]}
            checkpoint: {every_epochs: auto, every_minutes: 0.5}
            logging:
            output: runs/long
            """

        /// Rows in the configuration, and names alone.
        private static let short = """
            data: {train: {format: inline, rows: [[0, 0], [0, 1]], labels: [0, 1]}, normalize: none}
            model: [{linear: 2}]
            loss: cross_entropy
            optimizer: {name: sgd, momentum: 0.9, nesterov: true}
            schedule: {name: cosine, momentum: nesterov}
            """

        /// A built-in model, and metrics that a pattern matches.
        private static let builtIn = """
            data: {train: {format: npy, features: x.npy, labels: y.npy}, validation: {format: npy, features: v.npy, labels: w.npy}}
            model: {name: mlp, hidden: [8]}
            evaluation: {metrics: [accuracy, top_2_accuracy]}
            training: {watch: validation_top_2_accuracy, on_plateau: escape, clip: {value: 1}}
            """

        private static let written = ["long": long, "short": short, "built-in": builtIn]

        @Test func recipesAndStudies() throws {
            var documents: [String: String] = [:]
            for recipe in Recipe.all { documents["recipe \(recipe.name)"] = recipe.yaml }
            for study in Study.all {
                let configuration = try StudyConfiguration(
                    yaml: study.yaml, source: .recipe(study.name), currentFolder: "/")
                for run in configuration.runs {
                    documents["study \(study.name), \(run.name)"] = run.configuration.yaml
                }
            }
            #expect(documents.count > 100)
            let answer = try validate(documents)
            #expect(answer.errors.isEmpty, "\(answer.errors)")
            #expect(answer.defaults > 100 && answer.wrong.isEmpty, "\(answer.wrong)")
        }

        /// Every block of the documentation that has a model.
        @Test func examplesOfTheDocumentation() throws {
            let root = URL(fileURLWithPath: Checkout.script("test")).deletingLastPathComponent()
                .deletingLastPathComponent()
            let catalogue = root.appendingPathComponent(
                "Sources/DistributedTraining/DistributedTraining.docc")
            let articles = try FileManager.default.contentsOfDirectory(atPath: catalogue.path).filter {
                $0.hasSuffix(".md")
            }.map(catalogue.appendingPathComponent)
            var documents: [String: String] = [:]
            for article in [root.appendingPathComponent("README.md")] + articles {
                let text = try String(contentsOf: article, encoding: .utf8)
                for (place, part) in text.components(separatedBy: "\n```yaml\n").dropFirst().enumerated() {
                    let block = try #require(part.components(separatedBy: "\n```").first) + "\n"
                    guard block.contains("model:") else { continue }
                    let train = "train: {format: npy, features: x.npy, labels: y.npy}"
                    documents["\(article.lastPathComponent), block \(place)"] =
                        block.contains("train:")
                        ? block : block.replacing("data: {", with: "data: {\(train), ")
                }
            }
            #expect(documents.count >= 5, "\(documents.keys)")
            let answer = try validate(documents)
            #expect(answer.errors.isEmpty, "\(answer.errors)")
        }

        /// What runs keep as their configuration.
        @Test func configurationsOfRuns() throws {
            let data = try TestData()
            defer { data.remove() }
            var documents: [String: String] = [:]
            for model in ["mlp", "cnn"] {
                let run = try DTrainRun.run(
                    2,
                    [
                        "--config", SameBytes.configuration(data, model), "--output", data.path(model),
                        "--steps", "1",
                    ])
                try #require(run.exitCode == 0, "\(run)")
                documents[model] = try String(
                    contentsOfFile: data.path("\(model)/config.yaml"), encoding: .utf8)
            }
            let answer = try validate(documents)
            #expect(answer.errors.isEmpty, "\(answer.errors)")
        }

        /// Every name of every choice, with all its defaults written out.
        @Test func everyChoice() throws {
            let vocabulary = Vocabulary.standard
            let needs = ["step_size": "2", "milestones": "[2, 4]", "total_steps": "10"]
            var documents: [String: String] = [:]
            func add(_ key: String, _ form: ChoiceForm, _ write: (String) -> String) {
                for entry in form.entries {
                    let required = entry.options.filter(\.isRequired).map { option in
                        ", \(option.name): \(needs[option.name] ?? "1")"
                    }
                    let value = write("{name: \(entry.name)\(required.joined())}")
                    guard let run = try? read(Self.builtIn, ["\(key)=\(value)"]) else { continue }
                    documents["\(key) \(entry.name)"] = run.yaml
                }
            }
            add("optimizer", vocabulary.optimizers.form) { $0 }
            add("schedule", vocabulary.schedules.form) { $0 }
            add("loss", vocabulary.losses.form) { $0 }
            add("data.normalize", vocabulary.normalizations.form) { $0 }
            add("model", vocabulary.models.form) { $0 }
            add("model", vocabulary.initializers.form) { "[{linear: {out: 2, init: \($0)}}]" }
            for entry in vocabulary.layers.form.entries {
                let run = try? read(Self.builtIn, ["model=[{linear: 4}, \(entry.name)]"])
                documents["layer \(entry.name)"] = run?.yaml
            }
            #expect(documents.count > 50, "\(documents.keys.sorted())")
            let answer = try validate(documents)
            #expect(answer.errors.isEmpty, "\(answer.errors)")
        }

        /// Documents with one change each: what the reader of configurations takes, the schema takes too, and names and
        /// keys that the reader does not know, the schema refuses. Of other mistakes it misses those that are none of a
        /// value by itself, such as lists that must be of the same length.
        @Test func itAgreesWithTheReader() throws {
            let answer = try validate(Self.written, varied: Self.written.keys.sorted())
            #expect(answer.errors.isEmpty, "\(answer.errors)")
            #expect(answer.mappings > 30 && answer.open.isEmpty, "\(answer.open)")
            var (accepted, refused) = (0, 0)
            var (stricter, unknown, missed) = ([String](), [String](), [String]())
            for variant in answer.variants {
                do throws(ConfigurationError) {
                    _ = try read(variant.text)
                    accepted += 1
                    // A training set of null is found to be missing when its files are looked for.
                    if !variant.isValid, !variant.change.hasSuffix(": data.train = None") {
                        stricter.append(variant.change)
                    }
                } catch {
                    guard [.unknownKey, .unknownName, .wrongType, .missing, .outOfRange].contains(error.kind)
                    else { continue }
                    refused += 1
                    guard variant.isValid else { continue }
                    if [.unknownKey, .unknownName].contains(error.kind) {
                        unknown.append("\(variant.change): \(error)")
                    } else {
                        missed.append("\(variant.change): \(error)")
                    }
                }
            }
            #expect(accepted > 150 && refused > 800, "\(accepted) accepted, \(refused) refused")
            #expect(stricter.isEmpty, "\(stricter.joined(separator: "\n"))")
            #expect(unknown.isEmpty, "\(unknown.joined(separator: "\n"))")
            #expect(
                10 * missed.count < refused,
                "\(missed.count) of \(refused): \(missed.joined(separator: "\n"))")
        }

        /// Mistakes as people make them; the same text without the mistake is valid.
        @Test func mistakes() throws {
            let mistakes: [(part: String, change: String)] = [
                ("output: runs/long", "outptu: runs/long"), ("shuffle: once", "shufle: once"),
                ("fraction: 0.2", "fraction: 0.2, seed: 3"), ("ignore: [id, 3]", "ignored: [id, 3]"),
                ("epochs: 3\n", "epoch: 3\n"), ("padding: 1", "pad: 1"), ("delta: 2", "beta: 2"),
                ("sharded: true", "shard: true"), ("lookahead: {k: 3}", "lookahead: {k: 3, beta: 1}"),
                ("- relu", "- rleu"), ("name: adam", "name: adan"), ("name: step,", "name: steps,"),
                ("shuffle: once", "shuffle: sometimes"),
                ("normalize: {name: min_max", "normalize: {name: minmax"),
                ("metrics: [r2, mae]", "metrics: [r2, rmse]"), ("by: epoch", "by: week"),
                ("epochs: 3\n", "epochs: three\n"), ("epochs: 3\n", "epochs: 2.5\n"),
                ("epochs: 3\n", "epochs: 0\n"), ("shards: 4", "shards: 65537"), ("lr: *rate", "lr: -1"),
                ("betas: [0.8, 0.99]", "betas: 0.9"), ("betas: [0.8, 0.99]", "betas: [0.9]"),
                ("fraction: 0.2", "fraction: 1.5"), ("sharded: true", "sharded: yes"),
                ("batch: full", "batch: all"), ("dropout: 0.5", "dropout: half"),
                ("format: csv, files: c.csv", "format: tsv, files: c.csv"), ("files: c.csv, ", ""),
                ("{linear: 8}", "{linear: {in: 8}}"), ("out_channels: 8", "out_channels: 8, out: 8"),
                ("{linear: 8}, {dropout: 0.5}", "{linear: 8, dropout: 0.5}"), ("val: 0.5", "value: 0.5"),
                ("gain: 2}", "std: 2}"), ("step_size: 2, ", ""), ("{name: huber, delta: 2}", "{delta: 2}"),
                ("patience: 2", "patience: [2]"), ("every_minutes: 0.5", "every_minutes: soon"),
            ]
            var documents = Self.written
            for (place, (part, change)) in mistakes.enumerated() {
                #expect(Self.long.contains(part), "\(part)")
                let text = Self.long.replacing(part, with: change, maxReplacements: 1)
                documents["\(place): \(change)"] = text
                #expect(throws: ConfigurationError.self, "\(change)") { try read(text) }
            }
            let answer = try validate(documents)
            for name in documents.keys.sorted() {
                #expect((answer.errors[name] == nil) == (Self.written[name] != nil), "\(name)")
            }
        }
    }

    /// The command, for which no Python is needed.
    @Suite struct SchemaCommand {
        @Test func itPrintsTheSameOnceAtAnyRankCount() throws {
            let alone = try DTrainRun.run(0, ["schema"])
            #expect(alone.exitCode == 0 && alone.standardOutput == ConfigurationSchema().text, "\(alone)")
            #expect(try DTrainRun.run(3, ["schema"]).standardOutput == alone.standardOutput)
        }
    }
}
