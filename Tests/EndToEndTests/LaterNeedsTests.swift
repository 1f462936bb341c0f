import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Memory that only evaluation and checkpoints take: looked for before the first step; and where it goes meanwhile, the
    /// error says what stands on disk and how to go on.
    @Suite(.serialized) struct LaterNeeds {
        /// A network of a million weights with one worker a rank.
        private func arguments(_ data: TestData, _ settings: [String]) throws -> [String] {
            let large = ["model.0.linear=100000", "training.workers=1"] + settings
            return [
                "--config", try SameBytes.configuration(data, "mlp"), "--output", data.path("run"),
                "--overwrite",
            ]
                + large.flatMap { ["--set", $0] }
        }

        private func limited(_ ranks: Int, _ kilobytes: Int, _ arguments: [String]) throws -> ProcessResult {
            let program = try BuiltExecutable.path("dtrain")
            let script = ["-c", "ulimit -v \(kilobytes); exec \"$0\" \"$@\"", program] + arguments
            guard ranks > 0 else {
                return try ProcessRun.run("bash", script, timeLimit: Promptness.patience)
            }
            return try MPIRun.run(ranks: ranks, executable: "bash", arguments: script)
        }

        /// From what is too little for anything to what is enough: who may train ends well.
        @Test(arguments: [0, 2])
        func areFoundAtTheStart(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data, ["training.epochs=1"])
            var refused = 0
            for kilobytes in stride(from: 230_000, to: 500_000, by: 8000) {
                let run = try limited(ranks, kilobytes, arguments)
                if run.exitCode == 0 { break }
                refused += 1
                #expect(run.exitCode == 71 && run.standardError.contains("dtrain: error: "), "\(run)")
                #expect(!run.standardOutput.contains("epoch 1/1"), "\(kilobytes): \(run)")
                // Whatever is said to be left, part of it is not to be had, unless MPI cannot even start.
                #expect(
                    run.standardError.contains("MPI and training to start")
                        || run.standardError.contains("are kept for libraries"), "\(run)")
                try? FileManager.default.removeItem(atPath: data.path("run"))
            }
            #expect(refused > 0 && refused < 34)
        }

        /// A batch is no cure where MPI cannot start or weights do not fit, and other ranks none where there are none.
        @Test func adviceFits() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data, ["training.epochs=1"])
            try #require(try DTrainRun.run(0, arguments).exitCode == 0)
            for command in [["evaluate", data.path("run")], ["predict", data.path("run")]] {
                let alone = try limited(0, 195_000, command)
                #expect(
                    alone.exitCode == 71 && alone.standardError.contains("MPI and training to start"),
                    "\(alone)")
                #expect(alone.standardError.hasSuffix("raise it (ulimit -v unlimited)\n"), "\(alone)")
                let ranks = try limited(2, 195_000, command)
                #expect(
                    ranks.exitCode == 71 && ranks.standardError.contains("start fewer ranks on a node")
                        && !ranks.standardError.contains("training.batch"), "\(ranks)")
            }
        }

        /// The limit falls while the run trains, to what other programs would have left.
        @Test(arguments: [5, 0])
        func whatStandsIsSaid(_ everySteps: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(
                data,
                ["training.epochs=2", "checkpoint.every_steps=\(everySteps)", "checkpoint.every_epochs=1"])
            let program = try BuiltExecutable.path("dtrain")
            var isLowered = false
            let run = try ProcessRun.run(
                "bash", ["-c", "ulimit -v 20000000; exec \"$0\" \"$@\"", program] + arguments,
                environment: ["DTRAIN_FAULT": "step:*:*:slow=30"], timeLimit: Promptness.patience
            ) { session, _ in
                let metrics =
                    (try? String(contentsOfFile: data.path("run/metrics.jsonl"), encoding: .utf8)) ?? ""
                guard !isLowered, metrics.contains("\"step\":8,") else { return }
                isLowered = true
                let status =
                    (try? String(contentsOfFile: "/proc/\(session.id)/status", encoding: .utf8)) ?? ""
                let line = status.split(separator: "\n").first { $0.hasPrefix("VmSize:") } ?? ""
                let size =
                    line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
                _ = try? ProcessRun.run(
                    "prlimit", ["--pid", "\(session.id)", "--as=\((size + 9000) * 1024)"],
                    timeLimit: Promptness.patience)
            }
            #expect(isLowered && run.exitCode == 71, "\(run)")
            let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error: ") }
            #expect(
                lines.count == 1 && lines[0].hasSuffix(" --resume auto --output \(data.path("run"))"),
                "\(run)")
            #expect(
                lines[0].contains(
                    everySteps > 0
                        ? "; the newest checkpoint is of step 5, continue with "
                        : "; there is no checkpoint yet, start again with "), "\(run)")
            let command = lines[0].components(separatedBy: " with ").last ?? ""
            let rest = try ProcessRun.run("bash", ["-c", command], timeLimit: Promptness.patience)
            #expect(rest.exitCode == 0, "\(command): \(rest)")
        }
    }
}
