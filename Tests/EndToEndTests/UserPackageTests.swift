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
            var weights: [Data] = []
            for ranks in [1, 3] {
                let output = data.path("run-\(ranks)")
                let run = try MPIRun.run(
                    ranks: ranks, executable: "\(folder)/release/MyNet",
                    arguments: [data.path("images.npy"), data.path("labels.npy"), output])
                try #require(run.exitCode == 0, "\(run)")
                #expect(run.standardOutput.contains("trained 10 steps on \(ranks) ranks"))
                weights.append(try Data(contentsOf: URL(fileURLWithPath: "\(output)/weights.safetensors")))
            }
            #expect(weights[0] == weights[1])
        }
    }
}
