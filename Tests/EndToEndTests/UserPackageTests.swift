import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// A package of a user's own, with a model of its own, builds on the library and runs under mpirun.
    @Suite(.serialized) struct UserPackage {
        @Test func buildsAndRuns() throws {
            let data = try TestData()
            defer { data.remove() }
            let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent()
                .appendingPathComponent("UserPackage").path
            // Kept beside the tests' own build, so that a second run compiles nothing.
            let folder = try URL(fileURLWithPath: BuiltExecutable.path("dtrain")).deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("user-package").path
            let build = try ProcessRun.run(
                "swift", ["build", "-c", "release", "--package-path", package, "--scratch-path", folder],
                environment: [:],
                timeLimit: .seconds(900), currentDirectory: nil)
            try #require(build.exitCode == 0, "\(build)")
            let files = [data.path("images.npy"), data.path("labels.npy")]
            func run(_ ranks: Int, _ task: String, _ output: String) throws -> ProcessResult {
                try MPIRun.run(
                    ranks: ranks, executable: "\(folder)/release/MyNet",
                    arguments: files + [data.path(output), task])
            }
            var weights: [Data] = []
            var said: Set<String> = []
            for ranks in [1, 3] {
                let output = "run-\(ranks)"
                let trained = try run(ranks, "train", output)
                try #require(trained.exitCode == 0, "\(trained)")
                #expect(trained.standardOutput.contains("trained 10 steps on \(ranks) ranks"))
                weights.append(
                    try Data(contentsOf: URL(fileURLWithPath: data.path("\(output)/weights.safetensors"))))
                // What training itself found, at any number of ranks, with the run's own loss, metrics and batch.
                let evaluated = try run(4 - ranks, "evaluate", output)
                try #require(evaluated.exitCode == 0, "\(evaluated)")
                let loss = try #require(
                    trained.standardOutput.split(separator: "\n").last?.split(separator: " ").last)
                #expect(evaluated.standardOutput.hasPrefix("loss \(loss) f1 0."), "\(evaluated)")
                let predicted = try run(ranks, "predict", output)
                try #require(predicted.exitCode == 0, "\(predicted)")
                let lines = predicted.standardOutput.split(separator: "\n")
                #expect(lines.count == 137 && lines[136].hasPrefix("136 ") && lines[136].hasSuffix(" 4"))
                said.insert(evaluated.standardOutput + predicted.standardOutput)
            }
            #expect(said.count == 1)
            let again = try run(1, "train", "run-1")
            #expect(
                again.exitCode == 73
                    && again.standardError.hasPrefix("MyNet: error: ")
                    && again.standardError.contains("continue it with settings.resume = .auto and"),
                "\(again)")
            let resumed = try run(2, "resume", "run-1")
            #expect(
                resumed.exitCode == 0 && resumed.standardOutput.contains("is finished already"), "\(resumed)")
            #expect(weights[0] == weights[1])
        }
    }
}
