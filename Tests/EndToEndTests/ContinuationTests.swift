import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// How to go on with a run: every command that is printed works as it stands, from the current folder.
    @Suite struct Continuation {
        private static let environment = [
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
        ]
        private static let configuration = """
            data: {train: {format: npy, features: ../rows.npy, labels: ../labels.npy}}
            model: [{linear: 16}, relu, {linear: 4}]
            training: {epochs: 4, batch: 32}
            output: runs of mine/it
            """

        /// A folder to be in, and the configuration in another below it.
        private func write(_ data: TestData, _ text: String = configuration) throws {
            try data.write("given/run.yaml", text: text)
        }

        private func shell(_ script: String, in data: TestData) throws -> ProcessResult {
            try ProcessRun.run(
                "bash", ["-c", "dtrain='\(try BuiltExecutable.path("dtrain"))'\n\(script)"],
                environment: Self.environment, timeLimit: Promptness.patience, currentDirectory: data.folder)
        }

        /// What stands behind `words` at the end of a line.
        private func command(behind words: String, in text: String) throws -> String {
            let line = try #require(text.split(separator: "\n").first { $0.contains(words) }, "\(text)")
            return String(line[try #require(line.range(of: words)).upperBound...])
        }

        /// Trains in the current folder up to a step.
        private func part(_ data: TestData, _ options: String = "") throws {
            let run = try shell("\"$dtrain\" --config given/run.yaml --steps 7 \(options)", in: data)
            try #require(run.exitCode == 0, "\(run)")
        }

        private func expectWhole(_ data: TestData, _ output: String = "runs of mine/it") throws {
            let whole = try shell(
                "\"$dtrain\" --config given/run.yaml --output whole --overwrite", in: data)
            try #require(whole.exitCode == 0, "\(whole)")
            #expect(try DTrainRun.results(data.path(output)) == DTrainRun.results(data.path("whole")))
        }

        @Test func afterASignal() throws {
            let data = try TestData()
            defer { data.remove() }
            try write(data, Self.configuration.replacing("epochs: 4", with: "epochs: 100000"))
            let run = try shell(
                """
                mpirun -n 2 --oversubscribe "$dtrain" --config given/run.yaml &
                until ls -d 'runs of mine/it'/checkpoints/step-* > /dev/null 2>&1; do kill -0 $! || exit 9; sleep 0.05; done
                kill -USR1 $!
                wait $!
                """, in: data)
            try #require(run.exitCode == 0, "\(run)")
            let words = try command(behind: "preempted at step ", in: run.standardOutput)
            let step = try #require(Int(words.prefix { $0.isNumber }))
            let printed = try command(behind: "continue with ", in: run.standardOutput)
            let again = try shell("\(printed) --steps \(step + 2)", in: data)
            #expect(
                again.exitCode == 0 && again.standardOutput.contains("resuming at step \(step) "), "\(again)")
            let ranks = try shell("mpirun -n 3 --oversubscribe \(printed) --steps \(step + 4)", in: data)
            #expect(
                ranks.exitCode == 0 && ranks.standardOutput.contains("resuming at step \(step + 2) "),
                "\(ranks)")
        }

        @Test func ofErrors() throws {
            let data = try TestData()
            defer { data.remove() }
            try write(data)
            try part(data)
            // The folder is used.
            let used = try shell(
                "\"$dtrain\" --config given/run.yaml --output 'runs of mine/it'", in: data)
            #expect(used.exitCode == 73 && used.standardError.contains("--overwrite"), "\(used)")
            let first = try shell(
                command(behind: "continue it with ", in: used.standardError) + " --steps 9", in: data)
            #expect(first.exitCode == 0 && first.standardOutput.contains("resuming at step 7 "), "\(first)")
            // Other settings than the run's.
            let changed = try shell("\"$dtrain\" --config given/run.yaml --resume auto --batch 16", in: data)
            #expect(
                changed.exitCode == 78
                    && changed.standardError.contains("training.batch: 16, the run has 32"), "\(changed)"
            )
            let last = try shell(command(behind: "continue it with ", in: changed.standardError), in: data)
            #expect(last.exitCode == 0 && last.standardOutput.contains("resuming at step 9 "), "\(last)")
            try expectWhole(data)
        }

        /// A run's folder, its checkpoints or one of them say what the run is, from wherever they are named.
        @Test(arguments: [
            ("--resume 'runs of mine/it'", "."), ("--resume 'runs of mine/it/'", "."),
            ("--resume 'runs of mine/it/checkpoints'", "."),
            ("--resume 'runs of mine/it/checkpoints/step-000000007'", "."),
            ("--resume .", "runs of mine/it"), ("--resume ..", "runs of mine/it/checkpoints"),
            ("--resume auto --output '../runs of mine/it'", "given"),
            ("--resume auto --set 'output=runs of mine/it'", "."),
        ])
        func ownConfiguration(_ options: String, _ folder: String) throws {
            let data = try TestData()
            defer { data.remove() }
            try write(data)
            try part(data)
            let run = try shell("cd '\(folder)' && \"$dtrain\" \(options)", in: data)
            try #require(run.exitCode == 0 && run.standardOutput.contains("resuming at step 7 "), "\(run)")
            try expectWhole(data)
        }

        @Test func onTopAndElsewhere() throws {
            let data = try TestData()
            defer { data.remove() }
            try write(data)
            try part(data)
            // Another folder takes over the run, what may change changes, and what may not is told.
            let other = try shell(
                "\"$dtrain\" --resume 'runs of mine/it' --output other --set logging.every_steps=1", in: data)
            #expect(other.exitCode == 0 && other.standardOutput.contains("resuming at step 7 "), "\(other)")
            let kept = try String(contentsOfFile: data.path("other/config.yaml"), encoding: .utf8)
            #expect(kept.contains("every_steps: 1,") && kept.hasSuffix("output: other\n"), "\(kept)")
            let seed = try shell("\"$dtrain\" --resume 'runs of mine/it' --seed 3", in: data)
            #expect(
                seed.exitCode == 78 && seed.standardError.contains("training.seed: 3, the run has 0"),
                "\(seed)")
            // Where there is no run yet, the default recipe begins one; nothing at all is an error.
            let fresh = try shell(
                "\"$dtrain\" --resume auto --output fresh --set data.root=/nowhere", in: data)
            #expect(fresh.exitCode == 65 && fresh.standardError.contains("/nowhere/train-images"), "\(fresh)")
            let none = try shell("\"$dtrain\" --resume none", in: data)
            #expect(none.exitCode == 65 && none.standardError.contains("no checkpoint at none"), "\(none)")
        }

        /// A study goes on by itself: the command is the study's, and the signal ends all of it.
        @Test func ofAStudy() throws {
            let data = try TestData()
            defer { data.remove() }
            try write(data, Self.configuration.replacing("epochs: 4", with: "epochs: 300"))
            try data.write(
                "a study.yaml",
                text: """
                    base: {config: given/run.yaml}
                    set: {checkpoint.every_epochs: 30}
                    vary: {training.seed: [1, 2, 3]}
                    report: {metrics: [train_loss]}
                    """)
            let run = try shell(
                """
                mpirun -n 2 --oversubscribe "$dtrain" study 'a study.yaml' --output 'all runs' --overwrite &
                until ls -d 'all runs'/*/checkpoints/step-* > /dev/null 2>&1; do kill -0 $! || exit 9; sleep 0.02; done
                kill -USR1 $!
                wait $!
                """, in: data)
            try #require(run.exitCode == 0, "\(run)")
            #expect(run.standardOutput.components(separatedBy: "preempted at step").count == 2, "\(run)")
            let printed = try command(behind: "continue with ", in: run.standardOutput)
            #expect(!printed.contains("--overwrite"))
            let again = try shell(printed, in: data)
            #expect(
                again.exitCode == 0 && again.standardOutput.contains("resumed at step")
                    && again.standardOutput.contains("all runs/study.csv"), "\(again)")
        }

        /// Swift programs have settings and no flags, and are told of those.
        @Test func ofSwiftPrograms() throws {
            let data = try TestData()
            defer { data.remove() }
            func run(_ ranks: Int, _ options: [String], output: String = "run") throws -> ProcessResult {
                try MPIRun.run(
                    ranks: ranks, executable: BuiltExecutable.path("training-controls"),
                    arguments: [
                        "none", data.path("rows.npy"), data.path("labels.npy"), data.path(output), "mlp",
                    ] + options)
            }
            let shards = try run(2, ["shards=1"])
            #expect(
                shards.exitCode == 64 && shards.standardError.contains("set settings.shards to"), "\(shards)")
            let part = try run(1, ["epochs=2", "steps=3"])
            try #require(part.exitCode == 0, "\(part)")
            let changed = try run(1, ["epochs=2", "batch=12", "resume=true"])
            #expect(
                changed.exitCode == 78 && changed.standardError.contains("another settings.output"),
                "\(changed)")
            let used = try run(1, ["epochs=2", "overwrite=false"])
            #expect(
                used.exitCode == 73
                    && used.standardError.contains("replace it with settings.overwritesOutput = true, or")
                    && used.standardError.contains(
                        "continue it with settings.resume = .auto and settings.output = \"\(data.path("run"))\""
                    ),
                "\(used)")
            for said in [shards, changed, used].map(\.standardError) {
                #expect(!said.contains(" --") && !said.contains("training."), "\(said)")
            }
            // The command line does not know the model, and says where it is.
            for command in [["evaluate", data.path("run")], ["predict", data.path("run")]] {
                let saved = try DTrainRun.run(2, command)
                #expect(
                    saved.exitCode == 78
                        && saved.standardError.contains(
                            "is a run of the Swift program training-controls, which has its model")
                        && saved.standardError.contains("Trainer.evaluate and Trainer.predict"), "\(saved)")
            }
            for options in [
                ["--resume", "auto", "--output", data.path("run")], ["--resume", data.path("run")],
            ] {
                let resumed = try DTrainRun.run(0, options)
                #expect(
                    resumed.exitCode == 78 && resumed.standardError.contains("settings.resume = .auto"),
                    "\(resumed)")
            }
            let whole = try run(1, ["epochs=2", "resume=true"])
            #expect(whole.exitCode == 0, "\(whole)")
        }
    }
}
