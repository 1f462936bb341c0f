import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Damaged checkpoints, full disks and folders that take no files.
    @Suite struct CheckpointFaults {
        func train(_ ranks: Int, _ data: TestData, _ arguments: [String]) throws -> ProcessResult {
            let configuration = try SameBytes.configuration(data, "mlp")
            return try DTrainRun.run(ranks, ["--config", configuration] + arguments)
        }

        func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

        /// What can be wrong with a checkpoint's files.
        enum Damage: String, CaseIterable {
            case shortManifest, manifestBit, noManifest, missingPart, shortWeights, stateBit, empty

            func apply(to folder: String) throws {
                func change(_ name: String, _ body: (inout Data) -> Void) throws {
                    let file = URL(fileURLWithPath: "\(folder)/\(name)")
                    var bytes = try Data(contentsOf: file)
                    body(&bytes)
                    try bytes.write(to: file)
                }
                switch self {
                case .shortManifest: try change("manifest.json") { $0.removeLast() }
                case .manifestBit: try change("manifest.json") { $0[$0.count - 3] ^= 1 }
                case .noManifest: try FileManager.default.removeItem(atPath: "\(folder)/manifest.json")
                case .missingPart:
                    try FileManager.default.removeItem(atPath: "\(folder)/optimizer.safetensors")
                case .shortWeights: try change("weights.safetensors") { $0.removeLast(4) }
                case .stateBit: try change("state.json") { $0[$0.count / 2] ^= 2 }
                case .empty:
                    try FileManager.default.removeItem(atPath: folder)
                    try FileManager.default.createDirectory(
                        atPath: folder, withIntermediateDirectories: false)
                }
            }
        }

        /// The newest one damaged in every way: the next older one is used, with a warning; named it is an error.
        @Test func damagedCheckpoints() throws {
            let data = try TestData()
            defer { data.remove() }
            for steps in ["25", "30"] {
                let part = try train(
                    2, data, ["--output", data.path("run"), "--resume", "auto", "--steps", steps])
                try #require(part.exitCode == 0, "\(part)")
            }
            let whole = try train(3, data, ["--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            for (place, damage) in Damage.allCases.enumerated() {
                let output = data.path("run-\(damage.rawValue)")
                try FileManager.default.copyItem(atPath: data.path("run"), toPath: output)
                let newest = "\(output)/checkpoints/step-000000030"
                try damage.apply(to: newest)
                let named = try train(2, data, ["--output", data.path("other"), "--resume", newest])
                #expect(named.exitCode == 65 && named.standardError.contains(newest), "\(damage): \(named)")
                #expect(
                    named.standardError.split(separator: "\n").filter { $0.contains("dtrain: error:") }.count
                        == 1)
                let resumed = try train(place % 3 + 1, data, ["--output", output, "--resume", "auto"])
                try #require(resumed.exitCode == 0, "\(damage): \(resumed)")
                #expect(resumed.standardError.contains("warning: skipped checkpoint step-000000030"))
                #expect(resumed.standardOutput.contains("resuming at step 25 "))
                #expect(try DTrainRun.results(output) == DTrainRun.results(data.path("whole")), "\(damage)")
            }
        }

        /// None is left: the run starts anew where it may, and says so.
        @Test func allDamaged() throws {
            let data = try TestData()
            defer { data.remove() }
            let part = try train(2, data, ["--output", data.path("run"), "--steps", "30"])
            try #require(part.exitCode == 0, "\(part)")
            let checkpoints = data.path("run/checkpoints")
            let names = try FileManager.default.contentsOfDirectory(atPath: checkpoints)
            for name in names { try Damage.shortManifest.apply(to: "\(checkpoints)/\(name)") }
            let named = try train(2, data, ["--output", data.path("other"), "--resume", data.path("run")])
            #expect(
                named.exitCode == 65 && named.standardError.contains("holds no checkpoint that can be used"))
            let resumed = try train(2, data, ["--output", data.path("run"), "--resume", "auto"])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(
                resumed.standardError.components(separatedBy: "skipped checkpoint").count == names.count + 1)
            #expect(resumed.standardError.contains("starting from the beginning"))
            let whole = try train(3, data, ["--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
        }

        /// What killed runs leave is removed, and a folder that holds no more than that is free.
        @Test func leftovers() throws {
            let data = try TestData()
            defer { data.remove() }
            for name in ["checkpoints/.step-000000007.4711.tmp/weights.safetensors", ".safetensors-1-0.tmp"] {
                try data.write("run/\(name)", text: "half")
            }
            let run = try train(2, data, ["--output", data.path("run"), "--steps", "3"])
            try #require(run.exitCode == 0, "\(run)")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: data.path("run/checkpoints"))
                    == ["step-000000003"])
            #expect(!FileManager.default.fileExists(atPath: data.path("run/.safetensors-1-0.tmp")))
        }

        /// A run that replaces another leaves nothing of it.
        @Test func overwritten() throws {
            let data = try TestData()
            defer { data.remove() }
            for name in [
                "whitening.safetensors", "profile/trace.json", "best.safetensors", "weights.safetensors",
            ] {
                try data.write("run/\(name)", text: "older")
            }
            let run = try train(2, data, ["--output", data.path("run"), "--overwrite", "--steps", "3"])
            try #require(run.exitCode == 0, "\(run)")
            for name in ["whitening.safetensors", "profile", "best.safetensors"] {
                #expect(!FileManager.default.fileExists(atPath: data.path("run/\(name)")), "\(name)")
            }
        }
    }
}
