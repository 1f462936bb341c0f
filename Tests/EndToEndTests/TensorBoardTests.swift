import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What runs write for TensorBoard, as TensorBoard reads it.
    @Suite(.enabled(if: TensorBoardReading.isPossible, "needs a Python with tensorboard, see scripts/test"))
    struct TensorBoard {
        private static let epochs = 3
        /// Parameters and their elements; the first has two blocks of 4,096.
        private static let parameters = [
            "0.weight": 900 * 6, "0.bias": 900, "2.weight": 4 * 900, "2.bias": 4,
        ]

        private func configuration(_ data: TestData) throws -> String {
            try data.write(
                "run.yaml",
                text: """
                    data:
                      train: {format: npy, features: rows.npy, labels: labels.npy}
                      test: {format: npy, features: rows.npy, labels: labels.npy}
                      validation: {fraction: 0.2}
                    model: [{linear: 900}, tanh, {linear: 4}]
                    optimizer: {name: adam, lr: 0.01}
                    training: {epochs: \(Self.epochs), batch: 16, shards: 8, seed: 3, clip: {norm: 0.5}}
                    evaluation: {metrics: [accuracy, recall], train: true}
                    logging: {every_steps: 3, layers: true, noise_scale: true, curvature: 5}

                    """)
        }

        private func run(
            _ ranks: Int, _ data: TestData, _ name: String, _ set: [String] = [], _ options: [String] = [],
            environment: [String: String] = [:]
        ) throws -> ProcessResult {
            try DTrainRun.run(
                ranks,
                ["--config", configuration(data), "--output", data.path(name)] + options
                    + set.flatMap { ["--set", $0] }, environment: environment)
        }

        /// The objects of metrics.jsonl.
        private func lines(_ folder: String) throws -> [[String: Any]] {
            try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(separator: "\n").map
            {
                try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }

        /// The scalars that the lines of metrics.jsonl become: step and Float32 by tag.
        private func scalars(_ lines: [[String: Any]]) -> [String: [[Double]]] {
            var found: [String: [[Double]]] = [:]
            for line in lines {
                let event = line["event"] as? String ?? ""
                guard let step = (line["step"] ?? line["steps"]) as? Int else { continue }
                for (name, value) in line where !["event", "step", "steps"].contains(name) {
                    if let norms = value as? [String: Double] {
                        for (parameter, norm) in norms {
                            found["\(name)/\(parameter)", default: []].append([Double(step), norm])
                        }
                    }
                    guard let number = value as? Double else { continue }
                    found[tag(event, name), default: []].append([Double(step), number])
                }
            }
            if let loss = lines.last(where: { $0["event"] as? String == "epoch" })?["train_loss"] as? Double,
                let end = lines.last(where: { $0["event"] as? String == "end" })?["steps"] as? Int
            {
                found["final/train_loss"] = [[Double(end), loss]]
            }
            return found.mapValues { $0.map { [$0[0], Double(Float($0[1]))] } }
        }

        private func tag(_ event: String, _ name: String) -> String {
            let curvature = [
                "lambda_max", "gradient_curvature", "gradient_over_rate", "norm_test", "inner_product_test",
                "gradient_snr",
            ]
            switch event {
            case "step": return (curvature.contains(name) ? "curvature/" : "train/") + name
            case "epoch":
                for (prefix, start) in [
                    ("train_", "train/epoch_"), ("test_", "test/"), ("validation_", "validation/"),
                ] where name.hasPrefix(prefix) {
                    return start + name.dropFirst(prefix.count)
                }
                return "epoch/\(name)"
            default: return "final/\(name)"
            }
        }

        /// Every number of metrics.jsonl is there at its step, once; histograms count every element, and are equal at any
        /// number of ranks and with a sharded optimizer; weights do not depend on them.
        @Test func sameAsMetrics() throws {
            let data = try TestData()
            defer { data.remove() }
            let cases: [(ranks: Int, set: [String])] = [
                (1, []), (2, []), (3, []), (3, ["optimizer.sharded=true"]),
                (3, ["training.transport=point_to_point"]),
                (3, ["training.transport=point_to_point", "optimizer.sharded=true"]),
            ]
            var first: (weights: Data, histograms: [String: [TensorBoardReading.Histogram]])?
            for (place, (ranks, set)) in cases.enumerated() {
                let result = try run(ranks, data, "run\(place)", set)
                try #require(result.exitCode == 0, "\(result)")
                let folder = data.path("run\(place)")
                let read = try TensorBoardReading.read(folder)
                #expect(read.files.count == 1)
                #expect(read.counts.values.allSatisfy { $0 == 1 })
                let expected = scalars(try lines(folder))
                #expect(Set(read.scalars.keys) == Set(expected.keys))
                for (tag, values) in expected { #expect(read.scalars[tag] == values, "\(tag)") }
                #expect(expected["train/loss"].map { $0.count >= 7 } == true)
                #expect(expected["test/recall"]?.count == Self.epochs)
                #expect(expected["curvature/lambda_max"]?.isEmpty == false)
                check(read.histograms)
                let weights = try DTrainRun.results(folder).weights
                if let first {
                    #expect(
                        weights == first.weights && read.histograms == first.histograms, "\(ranks) \(set)")
                } else {
                    first = (weights, read.histograms)
                    try checkConfiguration(read, folder)
                }
            }
            // Control and promise: without an event file there is none, and the bytes are the same.
            for ranks in [1, 3] {
                let result = try run(ranks, data, "off\(ranks)", ["logging.tensorboard=false"])
                try #require(result.exitCode == 0, "\(result)")
                let folder = data.path("off\(ranks)")
                let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(!names.contains { $0.contains("tfevents") })
                #expect(try DTrainRun.results(folder).weights == first?.weights)
                #expect(
                    try DTrainRun.results(folder).metrics == DTrainRun.results(data.path("run0")).metrics)
            }
        }

        /// One histogram of every parameter and of its gradient an epoch, whose counts and sums fit together.
        private func check(_ histograms: [String: [TensorBoardReading.Histogram]]) {
            let names = Self.parameters.keys.flatMap { ["weights/\($0)", "gradients/\($0)"] }
            #expect(Set(histograms.keys) == Set(names))
            for (tag, all) in histograms {
                let elements = Self.parameters[String(tag.drop { $0 != "/" }.dropFirst())] ?? 0
                #expect(all.count == Self.epochs, "\(tag)")
                for histogram in all {
                    #expect(histogram.counts.reduce(0, +) == Double(elements), "\(tag)")
                    #expect(histogram.num == Double(elements), "\(tag)")
                    let isAscending = zip(histogram.limits, histogram.limits.dropFirst()).allSatisfy {
                        $0 < $1
                    }
                    #expect(histogram.limits.count == histogram.counts.count && isAscending)
                    // The first and the last bucket with values hold the least and the greatest.
                    let filled = histogram.counts.indices.filter { histogram.counts[$0] > 0 }
                    guard let low = filled.first, let high = filled.last else { continue }
                    #expect(histogram.min < histogram.limits[low] && histogram.max < histogram.limits[high])
                    #expect(low == 0 || histogram.min >= histogram.limits[low - 1])
                    #expect(high == 0 || histogram.max >= histogram.limits[high - 1])
                    #expect(histogram.sum_squares >= histogram.sum * histogram.sum / Double(elements) * 0.999)
                }
            }
        }

        /// The text is the configuration; hyperparameters are what of it decides results, and the metrics stand as scalars.
        private func checkConfiguration(_ read: TensorBoardReading, _ folder: String) throws {
            let yaml = try String(contentsOfFile: "\(folder)/config.yaml", encoding: .utf8)
            let text = try #require(read.texts["configuration"])
            #expect(text.count == 1 && text[0].step == 0)
            let lines = text[0].text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.map { String($0.dropFirst(4)) }.joined(separator: "\n") == yaml)
            let start = read.hyperparameters.start
            #expect(start["optimizer.name"] == .init(kind: "string_value", text: "adam"))
            #expect(start["optimizer.lr"] == .init(kind: "number_value", text: "0.01"))
            #expect(start["training.batch"] == .init(kind: "number_value", text: "16.0"))
            #expect(start["training.delayed"] == .init(kind: "bool_value", text: "false"))
            #expect(start["logging.every_steps"] == nil && start["output"] == nil)
            #expect(read.hyperparameters.end == "STATUS_SUCCESS")
        }

        /// Runs with unlike settings stand side by side, each with what it has.
        @Test func compares() throws {
            let data = try TestData()
            defer { data.remove() }
            let sets = [
                "adam": [], "sgd": ["optimizer={name: sgd, lr: 0.01, momentum: 0.5}"],
                "cosine": ["schedule={name: cosine, warmup: 1}", "evaluation.metrics=[f1]"],
            ]
            for (name, set) in sets {
                let result = try run(1, data, "runs/\(name)", set)
                try #require(result.exitCode == 0, "\(result)")
            }
            let found = try TensorBoardReading.compare(data.path("runs"))
            #expect(Set(found.runs.keys) == Set(sets.keys))
            #expect(
                Set(found.differing).isSuperset(of: ["optimizer.name", "schedule.name", "schedule.warmup"])
                    && !found.differing.contains("optimizer.lr"), "\(found.differing)")
            for (name, type) in [
                "optimizer.lr": "DATA_TYPE_FLOAT64", "optimizer.momentum": "DATA_TYPE_FLOAT64",
                "optimizer.betas": "DATA_TYPE_STRING", "schedule.eta_min": "DATA_TYPE_FLOAT64",
                "training.delayed": "DATA_TYPE_BOOL",
            ] { #expect(found.types[name] == type, "\(name)") }
            for (name, run) in found.runs {
                let metric = name == "cosine" ? "f1" : "recall"
                #expect(run.status == "STATUS_SUCCESS")
                for set in ["train", "validation", "test"] {
                    #expect(
                        run.metrics["final/\(set)_loss"] != nil
                            && run.metrics["final/\(set)_\(metric)"] != nil)
                }
                #expect(run.names.contains("optimizer.momentum") == (name == "sgd"))
                #expect(run.names.contains("schedule.eta_min") == (name == "cosine"))
            }
        }

        /// A run that is killed and goes on at another number of ranks, with torn files, has every step once, and what an
        /// uninterrupted one has; a run that has ended is left alone, and one that is replaced leaves nothing.
        @Test func resumes() throws {
            let data = try TestData()
            defer { data.remove() }
            let set = ["checkpoint.every_steps=4", "logging.csv=true", "logging.every_steps=1"]
            let whole = try run(2, data, "whole", set)
            try #require(whole.exitCode == 0, "\(whole)")
            let killed = try run(2, data, "run", set, environment: ["DTRAIN_FAULT": "step:0:12:kill"])
            #expect(killed.exitCode != 0)
            let folder = data.path("run")
            let before = try TensorBoardReading.read(folder)
            #expect(before.hyperparameters.end == nil && before.scalars["train/loss"]?.count == 11)
            // What a kill in the middle of a write leaves.
            let events = try #require(before.files.first)
            for name in [events, "steps.csv"] {
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/\(name)"))
                try file.seekToEnd()
                try file.write(contentsOf: Data("12,".utf8))
                try file.close()
            }
            let resumed = try run(3, data, "run", set, ["--resume", "auto"])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.standardOutput.contains("resuming at step "), "\(resumed)")
            let read = try TensorBoardReading.read(folder)
            let expected = try TensorBoardReading.read(data.path("whole"))
            #expect(read.files == before.files && read.counts == expected.counts)
            #expect(read.counts.values.allSatisfy { $0 == 1 } && read.histograms == expected.histograms)
            for (tag, values) in scalars(try lines(folder)) { #expect(read.scalars[tag] == values, "\(tag)") }
            for (name, count) in [("steps.csv", 21), ("epochs.csv", 3)] {
                #expect(try table(data, "run", name) == table(data, "whole", name))
                #expect(try table(data, "run", name).count == count + 1)
            }
            // What has ended is left as it is.
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(events)"))
            let again = try run(1, data, "run", set, ["--resume", "auto"])
            #expect(again.exitCode == 0 && again.standardOutput.contains("finished already"), "\(again)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(events)")) == bytes)
            let replaced = try run(1, data, "run", ["logging.tensorboard=false"], ["--overwrite"])
            try #require(replaced.exitCode == 0, "\(replaced)")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(!names.contains { $0.contains("tfevents") || $0.hasSuffix(".csv") })
        }

        /// Another folder gets what the checkpoint's run had written by then.
        @Test func resumesElsewhere() throws {
            let data = try TestData()
            defer { data.remove() }
            let set = ["checkpoint.every_steps=4", "logging.csv=true"]
            let killed = try run(1, data, "run", set, environment: ["DTRAIN_FAULT": "step:0:12:kill"])
            #expect(killed.exitCode != 0)
            let resumed = try run(2, data, "other", set, ["--resume", data.path("run")])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(!resumed.standardError.contains("missing"), "\(resumed)")
            let read = try TensorBoardReading.read(data.path("other"))
            #expect(read.counts.values.allSatisfy { $0 == 1 })
            for (tag, values) in scalars(try lines(data.path("other"))) {
                #expect(read.scalars[tag] == values, "\(tag)")
            }
            #expect(
                try table(data, "other", "steps.csv").count == 1 + (read.scalars["train/loss"]?.count ?? 0))
        }

        /// The rows of a table without its times, and with its header.
        private func table(_ data: TestData, _ run: String, _ name: String) throws -> [String] {
            let rows = try String(contentsOfFile: data.path("\(run)/\(name)"), encoding: .utf8).split(
                separator: "\n"
            ).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            let header = try #require(rows.first)
            #expect(rows.allSatisfy { $0.count == header.count })
            let kept = header.indices.filter {
                header[$0] != "seconds" && !header[$0].hasSuffix("_per_second")
            }
            return rows.map { row in kept.map { String(row[$0]) }.joined(separator: ",") }
        }
    }
}
