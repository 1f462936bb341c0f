import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What runs and commands print: on a terminal, in files, as events, and not at all.
    @Suite struct Terminal {
        /// Progress is told of at every chance: after 0 s, and again after 0 s.
        private static let often = ["DTRAIN_PROGRESS_TIMES": "0:0:0", "TERM": "xterm", "NO_COLOR": ""]

        private static func trained(_ data: TestData) throws -> String {
            let configuration = try SameBytes.configuration(data, "mlp")
            let run = try DTrainRun.run(
                0, ["--config", configuration, "--output", data.path("run"), "--quiet"])
            try #require(run.exitCode == 0, "\(run)")
            return configuration
        }

        private static func command(_ ranks: Int, _ arguments: [String]) throws -> String {
            let launcher = ranks == 0 ? "" : "mpirun -n \(ranks) --oversubscribe "
            return launcher
                + ([try BuiltExecutable.path("dtrain")] + arguments).map { "'\($0)'" }.joined(separator: " ")
        }

        /// Runs a shell command on a terminal of so many columns; what it wrote there.
        private static func onTerminal(
            _ data: TestData, columns: Int, _ command: String, environment: [String: String] = [:]
        ) throws -> (result: ProcessResult, written: String) {
            let log = data.path("log-\(UUID().uuidString)")
            var variables = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
            variables.merge(often) { $1 }
            variables.merge(environment) { $1 }
            let script = try data.write(
                "command-\(UUID().uuidString).sh", text: "stty cols \(columns) rows 24\n\(command)\n")
            let run = try ProcessRun.run(
                "script", ["-qefc", "bash '\(script)'", log], environment: variables,
                timeLimit: Promptness.patience, currentDirectory: data.folder)
            return (run, try String(contentsOfFile: log, encoding: .utf8))
        }

        /// Lines drawn in place of one another, without what sets them off.
        private static func drawings(_ text: String) -> [String] {
            text.unicodeScalars.split(separator: "\r").map { String($0) }.compactMap { piece in
                guard piece.hasSuffix("\u{1b}[K"), piece.count > 3 else { return nil }
                return String(piece.dropLast(3)).replacing(/\u{1b}\[[0-9]*m/, with: "")
            }
        }

        private static func isColored(_ text: String) -> Bool { text.contains(/\u{1b}\[[0-9]*m/) }

        @Test(arguments: [0, 2])
        func lineOnATerminal(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            for (columns, environment) in [
                (160, [:]), (40, ["NO_COLOR": "1"]), (160, ["TERM": "dumb"]),
            ] as [(Int, [String: String])] {
                let output = data.path("run-\(columns)-\(environment.count)-\(environment.keys.first ?? "")")
                let (run, text) = try Self.onTerminal(
                    data, columns: columns,
                    Self.command(ranks, ["--config", configuration, "--epochs", "2", "--output", output]),
                    environment: environment)
                try #require(run.exitCode == 0, "\(run)")
                #expect(text.contains("epoch 2/2  train loss"), "\(text)")
                let drawn = Self.drawings(text)
                if environment["TERM"] == "dumb" {
                    #expect(!text.contains("\u{1b}") && text.contains("] epoch 1/2  step "), "\(text)")
                    continue
                }
                let steps = drawn.filter { $0.hasPrefix("epoch ") }
                // One after every step, the last of an epoch included.
                #expect(steps.count == 46, "\(steps.count): \(text)")
                #expect(steps.allSatisfy { $0.count < columns && $0.hasSuffix(" left") }, "\(steps)")
                #expect(Self.isColored(text) == environment.isEmpty, "\(text)")
                guard columns > 100 else { continue }
                for part in [
                    "epoch 1/2", "░", "step 12/46", "loss ", "lr 0.01", " samples/s",
                    ranks == 0 ? "iB  " : "iB on rank 0",
                ] {
                    #expect(steps.contains { $0.contains(part) }, "\(part): \(steps)")
                }
            }
        }

        /// mpirun's ranks have a terminal of their own, wherever mpirun's lines go.
        @Test(arguments: [0, 2])
        func plainLinesInAFile(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let (run, screen) = try Self.onTerminal(
                data, columns: 100,
                Self.command(
                    ranks, ["--config", configuration, "--epochs", "2", "--output", data.path("run")])
                    + " > file.txt")
            let text = try String(contentsOfFile: data.path("file.txt"), encoding: .utf8)
            try #require(run.exitCode == 0, "\(run) \(text)")
            #expect(!text.contains("\u{1b}") && !screen.contains("epoch"), "\(text) \(screen)")
            let lines = text.split(whereSeparator: \.isNewline)
            for epoch in 1...2 {
                let of = lines.filter {
                    $0.prefix(11).contains(/^\[\d\d:\d\d:\d\d\] $/)
                        && $0.dropFirst(11).hasPrefix("epoch \(epoch)/2  ")
                }
                #expect(of.count == 24, "\(text)")
                #expect(of.last?.contains("train loss") == true, "\(text)")
                #expect(of.dropLast().allSatisfy { $0.contains("  step ") && $0.hasSuffix(" left") })
            }
        }

        @Test(arguments: [0, 2])
        func eventsAlone(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            for command in [["train"], []] {
                let output = data.path("run\(command.count)")
                let run = try DTrainRun.run(
                    ranks, command + ["--config", configuration, "--output", output, "--json"],
                    environment: Self.often)
                try #require(run.exitCode == 0, "\(run)")
                let lines = run.standardOutput.split(whereSeparator: \.isNewline).map(String.init)
                let metrics = try String(contentsOfFile: "\(output)/metrics.jsonl", encoding: .utf8)
                #expect(Array(lines.dropFirst()) == metrics.split(separator: "\n").map(String.init))
                let events = try lines.map {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
                }
                #expect(events.first?["event"] as? String == "start", "\(run)")
                #expect(events.first?["ranks"] as? Int == max(1, ranks), "\(run)")
                #expect(events.last?["event"] as? String == "end", "\(run)")
                for line in ["weights      ", "epoch 2/2  train loss", "dtrain: 110 examples"] {
                    #expect(run.standardError.contains(line), "\(run)")
                }
            }
        }

        /// Weights and metrics do not depend on what is said.
        @Test(arguments: [0, 2])
        func nothingWhereQuiet(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            var results: [DTrainRun.Results] = []
            for option in [["--quiet"], ["--json"], []] {
                let output = data.path("run\(results.count)")
                let run = try DTrainRun.run(
                    ranks, ["--config", configuration, "--output", output] + option, environment: Self.often)
                try #require(run.exitCode == 0, "\(run)")
                if option == ["--quiet"] {
                    #expect(run.standardOutput.isEmpty && run.standardError.isEmpty, "\(run)")
                }
                results.append(try DTrainRun.results(output))
            }
            #expect(results[0] == results[1] && results[1] == results[2])
            let failed = try DTrainRun.run(ranks, ["--config", data.path("none.yaml"), "--quiet"])
            #expect(failed.exitCode != 0 && failed.standardError.hasPrefix("dtrain: error: "), "\(failed)")
            let both = try DTrainRun.run(0, ["--config", configuration, "--quiet", "--json"])
            #expect(
                both.exitCode == 64 && both.standardError.contains("--json and --quiet exclude each other"),
                "\(both)")
        }

        /// Results stand alone on standard output, with progress beside them on standard error, or without.
        @Test(arguments: [0, 2])
        func resultsStandAlone(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try Self.trained(data)
            for (command, told) in [
                (["evaluate", data.path("run"), "--set", "data.test=null"], "evaluating "),
                (["predict", data.path("run")], "predicting "),
                (["diagnose", data.path("run")], "diagnosing "),
                (["diagnose", data.path("run"), "--json"], "diagnosing "),
            ] {
                let usual = try DTrainRun.run(ranks, command)
                let telling = try DTrainRun.run(ranks, command, environment: Self.often)
                let quiet = try DTrainRun.run(ranks, command + ["--quiet"], environment: Self.often)
                for run in [usual, telling, quiet] {
                    #expect(run.exitCode == 0 && run.standardOutput == usual.standardOutput, "\(run)")
                }
                #expect(!usual.standardOutput.isEmpty && quiet.standardError.isEmpty, "\(quiet)")
                let lines = telling.standardError.split(separator: "\n")
                let times = lines.filter { $0.hasPrefix("[00:0") }
                #expect(times.contains { $0.dropFirst(11).hasPrefix(told) }, "\(telling)")
                #expect(!telling.standardError.contains("\u{1b}"), "\(telling)")
                // On a terminal the line goes away.
                let (run, text) = try Self.onTerminal(
                    data, columns: 60, Self.command(ranks, command) + " > results")
                let written = try String(contentsOfFile: data.path("results"), encoding: .utf8)
                #expect(run.exitCode == 0 && written == usual.standardOutput, "\(run) \(written)")
                let drawn = Self.drawings(text)
                #expect(drawn.contains { $0.hasPrefix(told) }, "\(text.debugDescription)")
                #expect(drawn.allSatisfy { $0.count < 60 }, "\(drawn)")
            }
        }

        /// The commands that a run ends with work as they stand, from the folder that it ran in.
        @Test(arguments: [0, 2])
        func nextCommands(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            func shell(_ command: String) throws -> ProcessResult {
                try ProcessRun.run(
                    "bash", ["-c", command],
                    environment: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"],
                    timeLimit: Promptness.patience, currentDirectory: data.folder)
            }
            func next(_ output: String) -> [String] {
                let lines = output.split(whereSeparator: \.isNewline).map(String.init)
                guard let first = lines.firstIndex(where: { $0.hasPrefix("next  ") }) else { return [] }
                return lines[first...].map { String($0.dropFirst(13)) }
            }
            let stopped = try shell(
                Self.command(ranks, ["--config", configuration, "--output", "my runs", "--steps", "3"]))
            try #require(stopped.exitCode == 0, "\(stopped)")
            let goOn = next(stopped.standardOutput)
            #expect(
                goOn.count == 4 && goOn[0].hasSuffix(" --resume auto --output 'my runs'"), "\(stopped)")
            let run = try shell(goOn[0])
            try #require(run.exitCode == 0, "\(run)")
            #expect(
                run.standardOutput.contains(
                    try Regex(#"\nbest epoch   [12]  \(validation_loss \d\.\d{4}\)\nwall time    \d+ "#)),
                "\(run)")
            let commands = next(run.standardOutput)
            #expect(commands.count == 3 && commands.allSatisfy { $0.hasSuffix(" 'my runs'") }, "\(run)")
            for (command, says) in zip(commands, ["report.html", "\"loss\":", "verdict"]) {
                let told = try shell(command)
                #expect(told.exitCode == 0 && told.standardOutput.contains(says), "\(command): \(told)")
            }
            // A program of one's own has no such commands.
            let own = try MPIRun.run(
                ranks: max(1, ranks), executable: try BuiltExecutable.path("training-controls"),
                arguments: ControlledRun.arguments(data, "mlp", output: data.path("own")))
            #expect(own.exitCode == 0 && own.standardOutput.contains("wall time "), "\(own)")
            let calls = "Trainer.evaluate and Trainer.diagnose with weights: \"\(data.path("own"))\""
            #expect(next(own.standardOutput).first == calls, "\(own)")
        }

        @Test func studies() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try SameBytes.configuration(data, "mlp")
            let study = try data.write(
                "study.yaml",
                text: """
                    title: Two rates
                    base: {config: mlp.yaml}
                    set: {training.epochs: 1}
                    vary: {optimizer.lr: [0.01, 0.1]}
                    report: {against: run, metrics: [train_loss]}
                    output: \(data.path("study"))
                    """)
            let run = try DTrainRun.run(2, ["study", study])
            try #require(run.exitCode == 0, "\(run)")
            // A line for each run, and none for its epochs.
            let lines = run.standardOutput.split(separator: "\n")
            #expect(
                lines[0].contains(/^lr-0.01: train_loss [0-9.]+ \(1 of 2, \d+ s, about \d+ s left\)$/)
                    && lines[1].contains(/^lr-0.1: train_loss [0-9.]+ \(2 of 2, \d+ s\)$/)
                    && lines[2] == "Two rates", "\(run)")
            let last = try #require(run.standardOutput.split(separator: "\n").last)
            try #require(last.hasPrefix("next         "), "\(run)")
            let report = try ProcessRun.run(
                "bash", ["-c", String(last.dropFirst(13))], timeLimit: Promptness.patience,
                currentDirectory: data.folder)
            #expect(
                report.exitCode == 0 && FileManager.default.fileExists(atPath: data.path("report.html")),
                "\(report)")
            let again = try DTrainRun.run(2, ["study", study])
            #expect(again.standardOutput.contains(" (2 of 2, made before)\n"), "\(again)")
            let verbose = try DTrainRun.run(2, ["study", study, "--verbose", "--overwrite"])
            #expect(verbose.standardOutput.contains("\nlr-0.01 (1 of 2)\n"), "\(verbose)")
            #expect(verbose.standardOutput.contains(/\(2 of 2\), about \d+ s left\n/), "\(verbose)")
            #expect(verbose.standardOutput.components(separatedBy: "epoch 1/1").count == 3, "\(verbose)")
            let both = try DTrainRun.run(0, ["study", study, "--verbose", "--quiet"])
            #expect(both.exitCode == 64, "\(both)")
            let quiet = try DTrainRun.run(2, ["study", study, "--quiet", "--overwrite"])
            #expect(quiet.exitCode == 0 && quiet.standardError.isEmpty, "\(quiet)")
            #expect(
                quiet.standardOutput.hasPrefix("\nTwo rates\n")
                    && !quiet.standardOutput.contains("epoch 1/1"), "\(quiet)")
        }
    }
}
