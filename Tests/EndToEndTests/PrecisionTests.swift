import CKernels
import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// `training.precision`: what it makes a run, who computes in it, and where it is refused.
    @Suite struct Precisions {
        private static let bfloat16 = ["--set", "training.precision=bfloat16"]

        private func train(_ ranks: Int, _ options: [String]) throws {
            let run = try DTrainRun.run(ranks, options)
            try #require(run.exitCode == 0, "\(run)")
        }

        /// It stands in config.yaml, decides the bytes, and another one does not go on with a run; the bytes are the same at
        /// any number of ranks.
        @Test func aRunHasOne() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["--config", try SameBytes.configuration(data, "mlp")] + Self.bfloat16
            let (whole, folder) = (data.path("whole"), data.path("run"))
            try train(1, options + ["--output", whole])
            let text = try String(contentsOfFile: "\(whole)/config.yaml", encoding: .utf8)
            #expect(text.contains("\n  precision: bfloat16\n"), "\(text)")
            try train(2, options + ["--output", folder, "--steps", "3"])
            for own in [[], ["--config", try SameBytes.configuration(data, "mlp")]] {
                let other = try DTrainRun.run(
                    2,
                    own + ["--output", folder, "--resume", "auto", "--set", "training.precision=float32"])
                #expect(
                    other.exitCode == 78
                        && other.standardError.contains(
                            "training.precision: float32, the run has bfloat16"),
                    "\(other)")
            }
            try train(3, ["--resume", folder])
            #expect(try DTrainRun.results(folder) == DTrainRun.results(whole))
        }

        /// The bytes of a run do not depend on how it is shared out; those of dense layers not even on the processor, and the
        /// instruction emulated gives them too.
        @Test(arguments: ["mlp"] + (dt_has_bfloat16() ? ["cnn"] : []))
        func sameBytes(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try SameBytes.configuration(data, model)
            var ways = SameBytes.ways
            ways += [SameBytes.Way(ranks: 2, environment: ["DTRAIN_EMULATE_BFLOAT16": "1"])]
            if model == "mlp" {
                ways += ["avx2", "baseline"].map {
                    SameBytes.Way(ranks: 2, settings: ["training.instruction_set=\($0)"])
                }
            }
            var first: DTrainRun.Results?
            for (number, way) in ways.enumerated() {
                let folder = data.path("\(number)")
                let settings = way.settings.flatMap { ["--set", $0] }
                let run = try DTrainRun.run(
                    way.ranks, ["--config", file, "--output", folder] + Self.bfloat16 + settings,
                    environment: way.environment)
                try #require(run.exitCode == 0, "\(way): \(run)")
                let results = try DTrainRun.results(folder)
                #expect(results == first ?? results, "\(way)")
                first = first ?? results
            }
            let float32 = data.path("float32")
            try train(2, ["--config", file, "--output", float32])
            #expect(try DTrainRun.results(float32).weights != first?.weights)
        }

        /// Saved weights are evaluated as the run did unless that is changed, and a summary names it.
        @Test func evaluation() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try SameBytes.configuration(data, "mlp")
            let run = data.path("run")
            try train(2, ["--config", file, "--output", run, "--steps", "3"] + Self.bfloat16)
            func result(_ more: [String]) throws -> String {
                let found = try DTrainRun.run(2, ["evaluate", run, "--quiet"] + more)
                try #require(found.exitCode == 0, "\(found)")
                return found.standardOutput
            }
            #expect(try result([]) == result(Self.bfloat16))
            _ = try result(["--set", "training.precision=float32"])
            for (more, name) in [([], "float32"), (Self.bfloat16, "bfloat16")] {
                let page = try DTrainRun.run(1, ["summary", "--no-timing", "--config", file] + more)
                #expect(page.standardOutput.contains("\nprecision        \(name)\n"), "\(page)")
                let json = try DTrainRun.run(
                    1, ["summary", "--no-timing", "--json", "--config", file] + more)
                #expect(json.standardOutput.contains("\"precision\":\"\(name)\""), "\(json)")
            }
        }

        /// Curvature is float32's, and what shows it says so of a run that is not.
        @Test func curvature() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = data.path("run")
            let options = [
                "--config", try SameBytes.configuration(data, "mlp"), "--output", run, "--steps", "2",
            ]
            let trained = try DTrainRun.run(
                2, options + Self.bfloat16 + ["--set", "logging.curvature=1"])
            #expect(
                trained.standardOutput.contains(
                    "note: training.precision is bfloat16, but curvature is always float32's: logging.curvature"
                ),
                "\(trained)")
            let said = "computed in float32, though training.precision is bfloat16"
            let page = try DTrainRun.run(1, ["diagnose", run])
            #expect(page.exitCode == 0 && page.standardOutput.contains(said), "\(page)")
            let json = try DTrainRun.run(1, ["diagnose", run, "--json"])
            #expect(
                json.standardOutput.contains("\"precision\":\"float32\",\"run_precision\":\"bfloat16\""),
                "\(json)")
            let landscape = try DTrainRun.run(
                1,
                [
                    "landscape", run, "--along", "gradient", "--points", "3", "--output",
                    data.path("landscape"),
                ])
            #expect(landscape.exitCode == 0 && landscape.standardOutput.contains(said), "\(landscape)")
            let plain = try DTrainRun.run(
                1, ["diagnose", run, "--set", "training.precision=float32", "--json"])
            #expect(!plain.standardOutput.contains("run_precision"), "\(plain)")
        }

        /// Convolutions want a processor that has products of bfloat16, on every rank and not switched off; dense layers do
        /// not.
        @Test func whereItRuns() throws {
            let data = try TestData()
            defer { data.remove() }
            let set = Self.bfloat16 + ["--set", "training.instruction_set=avx2"]
            func run(_ model: String) throws -> ProcessResult {
                let file = try SameBytes.configuration(data, model)
                return try DTrainRun.run(
                    2, ["--config", file, "--output", data.path(model), "--steps", "1"] + set)
            }
            let dense = try run("mlp")
            #expect(dense.exitCode == 0, "\(dense)")
            let images = try run("cnn")
            #expect(images.exitCode == 78, "\(images)")
            #expect(images.standardError.contains("set training.precision to float32"), "\(images)")
            #expect(!FileManager.default.fileExists(atPath: data.path("cnn/weights.safetensors")))
            for (model, exit) in [("mlp", 0), ("cnn", 78)] {
                let lacking = try MPIRun.run(
                    ranks: 3, executable: try BuiltExecutable.path("training-controls"),
                    arguments: ControlledRun.arguments(
                        data, model, ["precision=bfloat16", "lacks_bfloat16=1", "epochs=1"],
                        output: data.path("lacking-\(model)")))
                #expect(lacking.exitCode == exit, "\(lacking)")
                guard exit > 0 else { continue }
                let first = dt_has_bfloat16() ? 1 : 0
                #expect(
                    lacking.standardError.contains(
                        "which the processor of rank \(first) lacks: set settings.precision to float32"),
                    "\(lacking)")
            }
        }
    }
}
