import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// scripts/quickstart, but for what it installs and builds: what it prints can be pasted into a shell.
    @Suite(.serialized) struct Quickstart {
        /// A checkout whose set-up has nothing to do and whose build is the program under test; its folder has a space.
        private func checkout(_ data: TestData) throws -> String {
            let root = data.path("a checkout")
            let script = try String(contentsOfFile: Checkout.script("quickstart"), encoding: .utf8)
            let setup = "#!/bin/sh\n"
            try data.write("a checkout/hostfiles/localhost", text: "localhost slots=8\n")
            let built = URL(fileURLWithPath: try BuiltExecutable.path("dtrain")).deletingLastPathComponent()
                .path
            let swift = "#!/bin/sh\ncase \"$*\" in *--show-bin-path*) echo '\(built)' ;; esac\n"
            for (name, text) in [
                ("a checkout/scripts/quickstart", script), ("a checkout/scripts/setup", setup),
                ("tools/swift", swift),
            ] {
                try data.write(name, text: "")
                try ProgramFile.write(Data(text.utf8), to: data.path(name))
            }
            return root
        }

        private func shell(_ data: TestData, _ command: String) throws -> ProcessResult {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            return try ProcessRun.run(
                "bash", ["-c", command],
                environment: ["PATH": "\(data.path("tools")):\(path)", "PREFIX": data.path("linked here")],
                timeLimit: Promptness.patience, currentDirectory: data.folder)
        }

        /// The results are where it says, and the command it ends with makes the same bytes again.
        @Test(arguments: ["", "--output 'my run'"])
        func theSameRunAgain(_ output: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let root = try checkout(data)
            _ = try SameBytes.configuration(data, "mlp")
            let run = try shell(
                data, "'\(root)/scripts/quickstart' --config mlp.yaml --set training.epochs=1 \(output)")
            try #require(run.exitCode == 0, "\(run)")
            func said(_ beginning: String) -> String? {
                run.standardOutput.split(separator: "\n").first { $0.hasPrefix(beginning) }.map {
                    String($0.dropFirst(beginning.count))
                }
            }
            #expect(said("quickstart: linked ") == data.path("linked here/bin/dtrain"), "\(run)")
            #expect(said("quickstart: test accuracy ").flatMap { Double($0) } != nil, "\(run)")
            let results = try #require(said("quickstart: results are in "), "\(run)")
            let first = try DTrainRun.results(results)
            let command = try #require(said("quickstart: the same run again: "), "\(run)")
            let again = try shell(data, command)
            try #require(again.exitCode == 0, "\(command): \(again)")
            #expect(try DTrainRun.results(output.isEmpty ? "\(results)-2" : results) == first)
        }
    }
}
