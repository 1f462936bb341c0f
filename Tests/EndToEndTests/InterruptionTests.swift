import Foundation
import Glibc
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Ctrl-C, and what Slurm sends before it kills.
    @Suite(.quiet) struct Interruptions {
        /// What an srun step of one task finds in its environment when Slurm offers no PMIx.
        static let step = [
            "SLURM_JOBID": "7", "SLURM_JOB_ID": "7", "SLURM_NODELIST": StoppedRun.host, "SLURM_NTASKS": "1",
            "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_STEPID": "0", "SLURM_STEP_ID": "0",
            "SLURM_STEP_NUM_TASKS": "1", "SLURM_STEP_NODELIST": StoppedRun.host,
        ]

        /// Lines of metrics that a run has written.
        private static func lines(_ folder: String) -> Int {
            ((try? String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)) ?? "").split(
                separator: "\n"
            ).count
        }

        private func arguments(_ data: TestData, settings: [String] = []) throws -> [String] {
            ["--config", try SameBytes.configuration(data, "mlp"), "--output", data.path("run")]
                + (["checkpoint.every_epochs=1", "training.epochs=20"] + settings).flatMap { ["--set", $0] }
        }

        /// Trains with slow steps, and sends a signal to what was started once some steps are logged.
        private func interrupted(
            _ ranks: Int, _ arguments: [String], by signal: Int32, _ data: TestData,
            environment: [String: String] = [:], after lines: Int = 5, then fault: String = ""
        ) throws -> (run: ProcessResult, seconds: Double) {
            var sent: Date?
            let variables = environment.merging(["DTRAIN_FAULT": "step:*:*:slow=20\(fault)"]) { $1 }
            let program = try BuiltExecutable.path("dtrain")
            let meanwhile: (ProcessSession, String) -> Void = { session, _ in
                guard sent == nil, Self.lines(data.path("run")) >= lines else { return }
                sent = Date()
                kill(session.id, signal)
            }
            let run =
                ranks == 0
                ? try ProcessRun.run(
                    program, arguments, environment: variables, timeLimit: .seconds(60), meanwhile: meanwhile)
                : try MPIRun.run(
                    ranks: ranks, executable: program, arguments: arguments, environment: variables,
                    meanwhile: meanwhile)
            return (run, sent.map { Date().timeIntervalSince($0) } ?? .infinity)
        }

        /// Says what is saved and how to go on, which ends with the bytes of a run that nobody interrupted. The code is
        /// that of a process that the signal ended, or mpirun's.
        @Test(arguments: [0, 3])
        func goesOn(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data, settings: ["checkpoint.every_steps=5"])
            let (run, seconds) = try interrupted(ranks, arguments, by: SIGINT, data, after: 20)
            #expect(run.exitCode == (ranks == 0 ? 130 : 1) && run.survivors.isEmpty, "\(run)")
            #expect(seconds < 5 * Promptness.slowdown)
            let said = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: ") }
            // A machine that is very busy may not be in time.
            #expect(
                said.count == 1
                    && (said[0].hasPrefix("dtrain: note: interrupted: saved at step ")
                        || said[0].hasPrefix("dtrain: note: interrupted: the newest checkpoint is of step "))
                    && said[0].hasSuffix(" --resume auto --output \(data.path("run"))"), "\(run)"
            )
            let rest = try DTrainRun.run(2, arguments + ["--resume", "auto"])
            #expect(rest.exitCode == 0 && rest.standardOutput.contains("resuming at step "), "\(rest)")
            let whole = try DTrainRun.run(1, arguments + ["--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
        }

        /// A step that is longer than there is time: the newest checkpoint is named.
        @Test(arguments: [0, 2])
        func namesTheNewestCheckpoint(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data, settings: ["checkpoint.every_steps=1"])
            let (run, seconds) = try interrupted(
                ranks, arguments, by: SIGINT, data, after: 8, then: ",step:0:9:hang")
            #expect(run.exitCode == (ranks == 0 ? 130 : 1) && run.survivors.isEmpty, "\(run)")
            #expect(seconds < 5 * Promptness.slowdown)
            let said = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: ") }
            #expect(
                said.count == 1
                    && said[0].hasPrefix("dtrain: note: interrupted: the newest checkpoint is of step ")
                    && said[0].hasSuffix(" --resume auto --output \(data.path("run"))"), "\(run)"
            )
        }

        /// Without a launcher SIGTERM ends the process; a task of srun's saves and stops as for SIGUSR1.
        @Test(arguments: [true, false])
        func termination(_ isTask: Bool) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data)
            let (run, _) = try interrupted(
                0, arguments, by: SIGTERM, data, environment: isTask ? Self.step : [:])
            #expect(run.exitCode == (isTask ? 0 : 143), "\(run)")
            #expect(run.standardOutput.contains("preempted at step ") == isTask, "\(run)")
            let rest = try DTrainRun.run(0, arguments + ["--resume", "auto"])
            #expect(
                rest.exitCode == 0 && rest.standardOutput.contains("resuming at step ") == isTask, "\(rest)")
        }

        /// In an interactive shell of Slurm's every command runs as one rank.
        @Test func interactiveShell() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = try arguments(data)
            let commands = [
                arguments, ["evaluate", data.path("run")], ["predict", data.path("run")], ["doctor"],
            ]
            for command in commands {
                let run = try DTrainRun.run(0, command, environment: Self.step)
                #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(command): \(run)")
            }
        }

        /// Tasks that cannot find one another say how to start them, once.
        @Test(arguments: ["0", "1"])
        func unconnectedTasks(_ task: String) throws {
            let variables = ["SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2", "SLURM_PROCID": task]
            let run = try DTrainRun.run(0, ["doctor"], environment: Self.step.merging(variables) { $1 })
            #expect(run.exitCode == 64, "\(run)")
            let lines = run.standardError.split(separator: "\n")
            #expect(lines.count == (task == "0" ? 1 : 0), "\(run)")
            #expect(
                lines.allSatisfy { $0.hasPrefix("dtrain: error: ") && $0.contains("srun --mpi=pmix") },
                "\(run)")
        }
    }
}
