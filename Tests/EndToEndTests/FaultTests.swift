import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Ranks that die at every phase of a run: mpirun fails, nothing is left, and what goes on ends with the bytes of a
    /// run that nothing happened to.
    @Suite struct Faults {
        /// One rank's end, and what follows.
        struct Row: Sendable, CustomTestStringConvertible {
            let fault: String
            /// mpirun's exit code.
            let code: Int32
            /// The step that is gone on from, 0 for the beginning; nil where it depends on how quick a writer was.
            var resumesAt: Int?
            /// Ranks that it happens to, and that go on.
            var ranks = (3, 2)
            /// Steps that an undisturbed part of the run takes before.
            var before: Int?
            var isSharded = false
            var testDescription: String { fault }
        }

        static let rows = [
            Row(fault: "start:1:*:kill", code: 137, resumesAt: 0),
            Row(fault: "load:2:*:kill", code: 137, resumesAt: 0, ranks: (4, 1)),
            Row(fault: "step:1:1:kill", code: 137, resumesAt: 0),
            Row(fault: "resume:0:*:kill", code: 137, resumesAt: 13, before: 13),
            Row(fault: "step:1:19:kill", code: 137, ranks: (4, 3)),
            Row(fault: "step:2:19:segv", code: 139),
            Row(fault: "step:0:19:abort", code: 134, ranks: (2, 4)),
            Row(fault: "step:2:19:exit=5", code: 5),
            Row(fault: "step:1:19:exit=0", code: 1, ranks: (2, 3)),
            Row(fault: "reduce:0:19:kill", code: 137, ranks: (3, 1)),
            Row(fault: "update:1:19:kill", code: 137, isSharded: true),
            Row(fault: "evaluate:2:22:kill", code: 137),
            Row(fault: "best:0:11:kill", code: 137),
            Row(fault: "checkpoint_copy:1:20:kill", code: 137, resumesAt: 16, ranks: (4, 2)),
            Row(fault: "checkpoint_write:0:20:kill", code: 137, resumesAt: 16),
            Row(fault: "checkpoint_write:2:20:kill", code: 137, resumesAt: 16, isSharded: true),
            Row(fault: "checkpoint_manifest:0:20:kill", code: 137, resumesAt: 16),
            Row(fault: "checkpoint_rename:0:20:kill", code: 137, resumesAt: 16, ranks: (1, 3)),
            Row(fault: "checkpoint_prune:0:20:kill", code: 137, resumesAt: 20, ranks: (2, 4)),
            Row(fault: "end:0:*:kill", code: 137),
            Row(fault: "end:1:*:kill", code: 137, ranks: (2, 1)),
        ]

        /// 110 examples in 11 mini-batches; every rank of three has a slice of the weights.
        static let configuration = """
            data:
              train: {format: npy, features: rows.npy, labels: labels.npy}
              test: {format: npy, features: rows.npy, labels: labels.npy}
              validation: {fraction: 0.2}
            model: [{linear: 200}, {batch_norm: {sync: true}}, tanh, {dropout: 0.2}, {linear: 100}, gelu, {linear: 4}]
            optimizer: {name: adam, lr: 0.003}
            schedule: {name: cosine, warmup: 1}
            training: {epochs: 3, batch: 10, shards: 8, seed: 3}
            checkpoint: {every_steps: 4, keep: 2}
            logging: {every_steps: 3}
            """

        /// What the run comes to that nothing happens to; all rows share it.
        static let undisturbed = Result {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try data.write("run.yaml", text: Self.configuration)
            let run = try DTrainRun.run(2, ["--config", configuration, "--output", data.path("run")])
            guard run.exitCode == 0 else { throw ProcessFailure(description: "\(run)") }
            return try Outcome(data.path("run"))
        }

        struct ProcessFailure: Error, CustomStringConvertible { let description: String }

        /// What must be the same in the end.
        struct Outcome: Equatable {
            let results: DTrainRun.Results
            let best: Data

            init(_ folder: String) throws {
                results = try DTrainRun.results(folder)
                best = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/best.safetensors"))
            }
        }

        func arguments(_ data: TestData, isSharded: Bool = false) throws -> [String] {
            let configuration = try data.write("run.yaml", text: Self.configuration)
            return ["--config", configuration, "--output", data.path("run"), "--resume", "auto"]
                + (isSharded ? ["--set", "optimizer.sharded=true"] : [])
        }

        /// Expects the run to go on from a checkpoint, or from the beginning, and to come to the undisturbed end.
        func expectResume(
            at step: Int?, ranks: Int, _ data: TestData, _ arguments: [String]
        ) throws {
            let run = try DTrainRun.run(ranks, arguments)
            try #require(run.exitCode == 0, "\(run)")
            // A checkpoint that is not whole would be named.
            for word in ["skipped checkpoint", "passed over", "none of", "no checkpoint", "are missing"] {
                #expect(!run.standardError.contains(word), "\(run)")
            }
            if let step {
                let said = run.standardOutput.split(separator: "\n").filter {
                    $0.contains("resuming at step")
                }
                #expect(
                    step == 0
                        ? said.isEmpty : said.count == 1 && said[0].contains("resuming at step \(step) "),
                    "\(run)")
            }
            #expect(try Outcome(data.path("run")) == Self.undisturbed.get())
            for folder in ["run", "run/checkpoints"] {
                let hidden = try FileManager.default.contentsOfDirectory(atPath: data.path(folder))
                    .filter { $0.hasPrefix(".") && $0 != ".lock" }
                #expect(hidden.isEmpty, "\(hidden)")
            }
        }

        @Test(arguments: rows)
        func ofOneRank(_ row: Row) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data, isSharded: row.isSharded)
            if let steps = row.before {
                let part = try DTrainRun.run(2, arguments + ["--steps", "\(steps)"])
                try #require(part.exitCode == 0, "\(part)")
            }
            let run = try DTrainRun.run(row.ranks.0, arguments, environment: ["DTRAIN_FAULT": row.fault])
            #expect(run.exitCode == row.code && !run.timedOut && run.survivors.isEmpty, "\(run)")
            try expectResume(at: row.resumesAt, ranks: row.ranks.1, data, arguments)
        }

        /// mpirun itself is killed: its ranks are gone within five seconds, and `doctor --clean` removes what they leave
        /// in shared memory.
        @Test(.alone) func ofTheLauncher() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data)
            // A shell leads the session, so that it outlives mpirun.
            let command = (["--config", data.path("run.yaml")] + arguments.dropFirst(2))
                .map { "'\($0)'" }.joined(separator: " ")
            let script = """
                mpirun -n 3 --oversubscribe '\(try BuiltExecutable.path("dtrain"))' \(command) &
                until ls -d '\(data.path("run"))'/checkpoints/step-* > /dev/null 2>&1; do
                    kill -0 $! || exit 9
                    sleep 0.01
                done
                kill -KILL $!
                wait $!
                echo "code $?"
                sleep 30
                """
            var killed: Date?
            var seconds: Double?
            var segments: Set<String> = []
            let run = try ProcessRun.run(
                "bash", ["-c", script],
                environment: [
                    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                    "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
                    // Slow steps: it must not end before it is killed.
                    "DTRAIN_FAULT": "step:*:*:slow=200",
                ], timeLimit: Promptness.patience
            ) { session, errors in
                let ranks = (0..<3).compactMap { session.process(ofRank: $0) }
                for rank in ranks { segments.formUnion(Self.segments(of: rank)) }
                if killed == nil, errors.contains("Killed") { killed = Date() }
                guard seconds == nil, let killed, ranks.isEmpty else { return }
                seconds = Date().timeIntervalSince(killed)
                for member in session.members() { kill(member, SIGTERM) }
            }
            #expect(run.standardOutput.contains("code 137") && run.survivors.isEmpty, "\(run)")
            #expect(try #require(seconds, "\(run)") < 5 * Promptness.slowdown)
            try expectResume(at: nil, ranks: 2, data, arguments)
            func left() -> Set<String> { segments.filter { FileManager.default.fileExists(atPath: $0) } }
            #expect(left().count == 3, "\(segments)")
            // What is new is left alone for some seconds.
            for _ in 0..<20 where !left().isEmpty {
                usleep(1_000_000)
                let clean = try DTrainRun.run(0, ["doctor", "--clean"])
                #expect(clean.exitCode == 0 && clean.standardOutput.contains("removed"), "\(clean)")
            }
            #expect(left().isEmpty)
        }

        /// The files of Open MPI's shared memory that a process has mapped.
        private static func segments(of process: Int32) -> [String] {
            guard let maps = try? String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8) else {
                return []
            }
            return maps.split(separator: "\n").compactMap { line in
                line.range(of: "/dev/shm/vader_segment").map { String(line[$0.lowerBound...]) }
            }
        }

        @Test func specificationThatCannotBeRead() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try DTrainRun.run(
                2, arguments(data), environment: ["DTRAIN_FAULT": "step:0:9:kil"])
            #expect(run.exitCode == 64, "\(run)")
            let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
            #expect(lines.count == 1 && lines[0].contains("kil\""), "\(run)")
            #expect(!FileManager.default.fileExists(atPath: data.path("run")))
        }

        /// A gradient that one rank spoils is found in the sum: all ranks leave out the step, or end if told so.
        @Test func spoiledGradient() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data)
            let spoiled = ["DTRAIN_FAULT": "reduce:1:5:nan"]
            let strict = try DTrainRun.run(
                3, arguments + ["--set", "training.max_skipped_steps=1"], environment: spoiled)
            #expect(strict.exitCode == 79 && strict.survivors.isEmpty, "\(strict)")
            let run = try DTrainRun.run(
                3, arguments + ["--output", data.path("lenient")], environment: spoiled)
            try #require(run.exitCode == 0, "\(run)")
            let last = try #require(try DTrainRun.results(data.path("lenient")).metrics.last)
            #expect(last.contains("skipped_steps=1"), "\(last)")
        }
    }
}
