import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// A package of a user's own, with a model of its own, builds on the library and runs under mpirun.
    @Suite struct UserPackage {
        /// What the tests' own build was told.
        private static let flags: [String] = {
            var flags = ["-Xswiftc", "-enable-testing"]
            #if FAULT_INJECTION
                flags += ["-Xswiftc", "-DFAULT_INJECTION"]
            #endif
            return flags
        }()

        /// Builds a package with the tests' own folder and flags, so that what is compiled already is not compiled again.
        private func build(_ package: String, into programs: URL) throws {
            // With the same versions of what dtrain depends on.
            let versions = URL(fileURLWithPath: Checkout.file("../../Package.resolved"))
            try Data(contentsOf: versions).write(to: URL(fileURLWithPath: "\(package)/Package.resolved"))
            let build = try ProcessRun.run(
                "swift",
                // The test's own command has the folder's lock.
                ["build", "--ignore-lock", "-c", programs.lastPathComponent] + Self.flags + [
                    "--package-path", package, "--scratch-path",
                    programs.deletingLastPathComponent().deletingLastPathComponent().path,
                ],
                timeLimit: .seconds(900))
            try #require(build.exitCode == 0, "\(build)")
        }

        @Test func buildsAndRuns() throws {
            let data = try TestData()
            defer { data.remove() }
            let package = Checkout.file("../UserPackage")
            let programs = URL(fileURLWithPath: try #require(BuiltExecutable.ownFolder))
            let folder = programs.deletingLastPathComponent().deletingLastPathComponent().path
            try build(package, into: programs)
            try FileManager.default.createDirectory(
                atPath: data.path("modules"), withIntermediateDirectories: true)
            try PlainModules(folder: data.path("modules")).compile(
                manifest: "\(folder)/\(programs.lastPathComponent).yaml")
            let files = [data.path("images.npy"), data.path("labels.npy")]
            func run(_ ranks: Int, _ task: String, _ output: String) throws -> ProcessResult {
                try MPIRun.run(
                    ranks: ranks, executable: programs.appendingPathComponent("MyNet").path,
                    arguments: files + [data.path(output), task])
            }
            var weights: [Data] = []
            var said: Set<String> = []
            for ranks in [1, 3] {
                let output = "run-\(ranks)"
                let trained = try run(ranks, "train", output)
                try #require(trained.exitCode == 0, "\(trained)")
                #expect(trained.standardOutput.contains("trained 10 steps (10 seen) on \(ranks) ranks, "))
                weights.append(
                    try Data(contentsOf: URL(fileURLWithPath: data.path("\(output)/weights.safetensors"))))
                // What training itself found, at any number of ranks, with the run's own loss, metrics and batch.
                let evaluated = try run(4 - ranks, "evaluate", output)
                try #require(evaluated.exitCode == 0, "\(evaluated)")
                let loss = try #require(
                    trained.standardOutput.split(separator: "\n").last?.split(separator: " ").last)
                #expect(evaluated.standardOutput.hasPrefix("loss \(loss) f1 0."), "\(evaluated)")
                let margin = try #require(evaluated.standardOutput.split(separator: " ").last).dropLast()
                #expect(trained.standardOutput.contains(", \(margin)], loss "), "\(trained) \(evaluated)")
                let predicted = try run(ranks, "predict", output)
                try #require(predicted.exitCode == 0, "\(predicted)")
                let lines = predicted.standardOutput.split(separator: "\n")
                #expect(lines.count == 137 && lines[136].hasPrefix("136 ") && lines[136].hasSuffix(" 4"))
                let rate = try run(ranks, "rate", "none")
                #expect(
                    rate.exitCode == 0 && rate.standardOutput.contains(" rates, suggestion 0."), "\(rate)")
                said.insert(evaluated.standardOutput + predicted.standardOutput + rate.standardOutput)
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
            try trainsWhatAConfigurationNames(
                data, files, program: programs.appendingPathComponent("MyNet").path)
            // Two builds at a time would be in each other's way.
            try buildsWhatTheReadmeShows(data, into: programs)
        }

        /// The package that README.md shows builds as it stands there, but for where the checkout is, and trains.
        private func buildsWhatTheReadmeShows(_ data: TestData, into programs: URL) throws {
            let readme = try String(contentsOfFile: Checkout.file("../../README.md"), encoding: .utf8)
            // Every second piece is a block, behind the name of its language.
            let blocks = readme.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }
                .map { String($0.element.drop { !$0.isNewline }.dropFirst()) }
            let manifest = try #require(blocks.first { $0.contains("// Package.swift\n") })
            let program = try #require(blocks.first { $0.hasPrefix("// Sources/MyModel/main.swift\n") })
            let example = try #require(blocks.first { $0.hasPrefix("data:") && $0.contains("x_train.npy") })
            let checkout = URL(fileURLWithPath: Checkout.file("../..")).standardizedFileURL.path
            try #require(manifest.contains("path: \"../dtrain\""))
            try data.write(
                "package/Package.swift", text: manifest.replacing("../dtrain", with: checkout))
            try data.write("package/Sources/MyModel/main.swift", text: program)
            try build(data.path("package"), into: programs)
            for set in ["train", "test"] {
                try FileManager.default.copyItem(
                    atPath: data.path("images.npy"), toPath: data.path("x_\(set).npy"))
                try data.write("y_\(set).npy", (0..<137).map { Int64($0 * 7 % 10) })
            }
            let run = try MPIRun.run(
                ranks: 2, executable: programs.appendingPathComponent("MyModel").path,
                currentDirectory: data.folder)
            #expect(run.exitCode == 0 && run.standardOutput.contains("3 steps, test loss "), "\(run)")
            #expect(
                FileManager.default.fileExists(atPath: data.path("runs/my-model/weights.safetensors")))
            // The configuration beside it trains on the same arrays.
            let trained = try DTrainRun.run(
                2, ["--config", try data.write("mine.yaml", text: example), "--output", data.path("mine")])
            #expect(
                trained.exitCode == 0 && trained.standardOutput.contains("accuracy"), "\(trained)")
        }

        /// A configuration names the program's own layer, update rule and metric like any other: the same bytes at any number
        /// of ranks, weights of the best epoch by that metric, and a mistake has its line. A callback stops all ranks.
        private func trainsWhatAConfigurationNames(
            _ data: TestData, _ files: [String], program: String
        ) throws {
            func run(
                _ ranks: Int, _ layer: String, _ output: String, rate: Double = 0.002,
                metric: String = "margin"
            ) throws -> ProcessResult {
                let set = "{format: npy, features: \(files[0]), labels: \(files[1])}"
                let text = """
                    data: {train: \(set), test: \(set), validation: {fraction: 0.2}}
                    model:
                      - flatten
                      - linear: 16
                      - \(layer)
                      - linear: 4
                    optimizer: {name: sign_descent, lr: \(rate)}
                    training: {epochs: 2, batch: 32, watch: validation_\(metric)}
                    evaluation: {metrics: [accuracy, \(metric)]}
                    """
                try Data(text.utf8).write(to: URL(fileURLWithPath: data.path("net.yaml")))
                return try MPIRun.run(
                    ranks: ranks, executable: program,
                    arguments: [data.path("net.yaml"), data.path(output)])
            }
            var weights: [Data] = []
            for ranks in [1, 3] {
                let output = "named-\(ranks)"
                let trained = try run(ranks, "swish", output)
                try #require(trained.exitCode == 0, "\(trained)")
                #expect(trained.standardOutput.contains("trained 8 steps"))
                let kept = try String(contentsOfFile: data.path("\(output)/config.yaml"), encoding: .utf8)
                #expect(kept.contains("- swish\n") && kept.contains("{name: sign_descent, lr: 0.002,"))
                weights.append(
                    try Data(contentsOf: URL(fileURLWithPath: data.path("\(output)/weights.safetensors"))))
            }
            #expect(weights[0] == weights[1])
            #expect(try metrics(data.path("named-1")) == metrics(data.path("named-3")))
            #expect(try metrics(data.path("named-1")).contains { $0.contains("validation_margin=") })
            let stopped = try run(2, "swish", "stopped", rate: 0.1)
            #expect(stopped.exitCode == 0 && stopped.standardOutput.contains("trained 4 steps"), "\(stopped)")
            let unknown = try run(1, "swish", "unknown", metric: "margn")
            #expect(
                unknown.exitCode == 78
                    && unknown.standardError.contains(
                        "net.yaml:8: training.watch: unknown metric \"validation_margn\"; did you mean \"validation_margin\"?"
                    ), "\(unknown)")
            let misspelt = try run(1, "swich", "misspelt")
            #expect(
                misspelt.exitCode == 78
                    && misspelt.standardError.contains(
                        "net.yaml:5: model.2: unknown layer \"swich\"; did you mean \"swish\"?"),
                "\(misspelt)")
        }

        private func metrics(_ folder: String) throws -> [String] { try DTrainRun.results(folder).metrics }
    }
}
