import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// `dtrain diagnose --why`: a planted fault is named, and nothing is where there is none.
    @Suite struct Findings {
        private static func deep(_ activation: String, _ layers: Int) -> String {
            let hidden = Array(repeating: "{linear: 32}, \(activation)", count: layers)
            return "model=[\(hidden.joined(separator: ", ")), {linear: 4}]"
        }

        private static let faults: [FindingsCase.Fault] = [
            .init(finding: "model_too_simple", key: "model", settings: ["model=[{linear: 4}]"]),
            .init(
                finding: "optimization_fails", key: "optimizer", settings: ["optimizer.weight_decay=2"],
                note: "weight decay"),
            .init(
                finding: "optimization_fails", key: "model", settings: [deep("sigmoid", 8)], note: "depth"),
            .init(
                finding: "overfitting", key: "training.early_stopping",
                settings: ["training.epochs=100", "training.batch=16"], files: ["train": "few-train"]),
            .init(
                finding: "shifted_test_set", key: "data.train", files: ["test": "shifted-test"]),
            .init(finding: "vanishing_gradients", key: "model", settings: [deep("sigmoid", 8)]),
            .init(
                finding: "exploding_gradients", key: "init.default",
                settings: [deep("relu", 6), "init.default={weight: {name: normal, std: 1}}"], exitCode: 79,
                note: "signals"),
            .init(
                finding: "exploding_gradients", key: "init.default",
                settings: [deep("tanh", 16), "init.default={weight: {name: normal, std: 1}}"],
                note: "gradients"),
            .init(
                finding: "dead_units", key: "init.default",
                settings: [
                    "model=[{linear: {out: 64, init: {bias: {name: constant, val: -30}}}}, relu, {linear: 4}]"
                ]),
            .init(
                finding: "rate_too_high", key: "optimizer.lr", settings: ["optimizer.lr=3"], note: "stuck"),
            .init(
                finding: "rate_too_high", key: "optimizer.lr", settings: ["optimizer.lr=1e6"], exitCode: 79,
                note: "diverged"),
            .init(finding: "rate_too_low", key: "optimizer.lr", settings: ["optimizer.lr=1e-6"]),
            .init(
                finding: "unlike_scales", key: "data.normalize", settings: ["data.normalize=none"],
                files: ["train": "wide-train", "test": "wide-test"]),
            .init(
                finding: "label_noise", key: "data.train",
                settings: ["model=[{linear: 16}, relu, {linear: 4}]", "training.epochs=12"],
                files: ["train": "noisy-train", "test": "noisy-test"]),
        ]

        @Test(arguments: faults)
        func plantedFault(_ fault: FindingsCase.Fault) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let run = try FindingsCase(data).train(fault)
            #expect(run.exitCode == fault.exitCode)
            let found = try #require(try FindingsCase.why([run.folder]))
            let place = try #require(
                found.names.firstIndex(of: fault.finding), "\(fault.finding) not in \(found.text)")
            #expect(found.keys[place] == fault.key, "\(found.text)")
            #expect(found.evidence[place].contains { $0.isNumber } && found.needRun.isEmpty, "\(found.text)")
        }

        /// All faults have a case.
        @Test func allFindingsArePlanted() throws {
            let names = Set(Self.faults.map(\.finding))
            #expect(names.count == 11, "\(names.sorted())")
        }

        /// What a run was without the fault, or with what only looks like one.
        @Test(arguments: [
            [], ["training.epochs=5"], ["schedule={name: cosine, warmup: 1}"],
            ["optimizer={name: adam, lr: 0.003}"],
            ["model=[{linear: 16}, relu, {linear: 4}]", "training.epochs=12"],
            [
                "model=[{linear: 64}, batch_norm, relu, {linear: 64}, batch_norm, relu, {dropout: 0.2}, {linear: 4}]"
            ],
            ["data.validation={fraction: 0.1}"],
        ])
        func healthy(_ settings: [String]) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let run = try FindingsCase(data).train(nil, settings)
            #expect(run.exitCode == 0)
            let found = try #require(try FindingsCase.why([run.folder]))
            #expect(found.names.isEmpty && found.needRun.isEmpty, "\(settings): \(found.text)")
        }

        /// Features on unlike scales that are scaled are none to blame.
        @Test func scaledFeatures() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let run = try FindingsCase(data).train(
                .init(finding: "", key: "", files: ["train": "wide-train", "test": "wide-test"]))
            #expect(try #require(try FindingsCase.why([run.folder])).names.isEmpty)
        }

        /// The recipes, briefly.
        @Test(arguments: [
            ("fashion-mlp", 200, 1500), ("fashion-lenet5", 150, 1500), ("fashion-cnn", 40, 1500),
            ("fashion-resnet20", 15, 500),
        ])
        func recipe(_ recipe: String, _ steps: Int, _ examples: Int) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let folder = data.path(recipe)
            let run = try DTrainRun.run(
                0,
                ["--recipe", recipe, "--steps", "\(steps)", "--output", folder, "--quiet"])
            try #require(run.exitCode == 0, "\(run)")
            let found = try #require(try FindingsCase.why([folder, "--why-examples", "\(examples)"]))
            #expect(found.names.isEmpty, "\(recipe): \(found.text)")
        }

        /// The same bytes at any number of ranks, of weights and of a run without any; nothing but diagnosis.json is written.
        @Test(arguments: [faults[0], faults[13], faults[10]])
        func sameBytes(_ fault: FindingsCase.Fault) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let run = try FindingsCase(data).train(fault)
            func files() throws -> [String: Data] {
                let names = try FileManager.default.subpathsOfDirectory(atPath: run.folder)
                return Dictionary(
                    uniqueKeysWithValues: names.filter { $0 != "diagnosis.json" }.map {
                        ($0, FileManager.default.contents(atPath: "\(run.folder)/\($0)") ?? Data())
                    })
            }
            let before = try files()
            let texts = try [0, 2, 3].map { ranks in
                try #require(try FindingsCase.why([run.folder], ranks: ranks)).text
            }
            #expect(Set(texts).count == 1, "\(texts)")
            #expect(try files() == before)
            #expect(
                try String(contentsOfFile: "\(run.folder)/diagnosis.json", encoding: .utf8) == texts[0])
        }

        /// Weights alone say which findings need a run; they are judged by what they are.
        @Test func weightsAlone() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try FindingsCase(data)
            let run = try test.train(.init(finding: "", key: "", files: ["test": "shifted-test"]))
            let alone = data.path("alone")
            try FileManager.default.createDirectory(atPath: alone, withIntermediateDirectories: true)
            for name in ["weights.safetensors", "normalization.json"] {
                try FileManager.default.copyItem(atPath: "\(run.folder)/\(name)", toPath: "\(alone)/\(name)")
            }
            let found = try #require(
                try FindingsCase.why([
                    "\(alone)/weights.safetensors", "--config", "\(run.folder)/config.yaml",
                ]))
            #expect(found.names == ["shifted_test_set"], "\(found.text)")
            #expect(
                found.needRun == [
                    "model_too_simple", "optimization_fails", "exploding_gradients", "rate_too_high",
                    "rate_too_low", "label_noise",
                ])
        }

        /// Without --why nothing of it is there, with it a person reads the same.
        @Test func page() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try FindingsCase(data)
            let healthy = try test.train(nil, ["training.epochs=3"]).folder
            func page(_ arguments: [String]) throws -> String {
                let run = try DTrainRun.run(
                    0, ["diagnose"] + arguments + ["--quiet", "--examples", "100"])
                #expect(run.exitCode == 0, "\(run)")
                return run.standardOutput
            }
            let plain = try page([healthy])
            #expect(!plain.contains("findings"))
            #expect(try !page([healthy, "--json"]).contains("findings"))
            let asked = try page([healthy, "--why"])
            let lines = asked.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("findings    none") }, "\(asked)")
            #expect(
                lines.filter { !$0.hasPrefix("findings") }
                    == plain.split(separator: "\n"), "\(asked)")
            let failed = try test.train(Self.faults[10]).folder
            let why = try page([failed, "--why"])
            #expect(why.contains("rate_too_high: ") && why.contains("Change optimizer.lr."), "\(why)")
            let error = try DTrainRun.run(0, ["diagnose", failed])
            #expect(error.exitCode == 65 && error.standardError.contains("--why"), "\(error)")
        }

        @Test func mistakes() throws {
            for options in [
                ["--why-examples", "100"], ["--why-steps", "10"], ["--why", "--why-examples", "2"],
                ["--why", "--why-steps", "0"],
            ] {
                let run = try DTrainRun.run(0, ["diagnose", "none"] + options)
                #expect(run.exitCode == 64 && run.standardError.contains("--why"), "\(options): \(run)")
            }
        }
    }
}
