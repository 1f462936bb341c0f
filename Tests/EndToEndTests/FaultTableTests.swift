import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What can be wrong around a run: its memory, its folder, its launcher, its output.
    @Suite struct FaultTable {
        private static let environment = [
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
        ]

        private func shell(
            _ script: String, _ environment: [String: String] = [:], in data: TestData
        ) throws -> ProcessResult {
            try ProcessRun.run(
                "bash", ["-c", script],
                environment: Self.environment.merging(environment) { $1 }.merging(
                    ["DTRAIN": BuiltExecutable.path("dtrain")]) { $1 },
                timeLimit: Promptness.patience, currentDirectory: data.folder)
        }

        /// Where windows do not fit, ranks exchange messages after one warning, and the bytes are the same.
        ///
        /// In 44 and 60 MB each window fits, and all together do not.
        @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a file system"), arguments: [20, 44, 60])
        func smallSharedMemory(megabytes: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("run.yaml", text: Faults.configuration)
            // 4 million weights, of which Adam keeps two moments.
            let command =
                "mpirun -n 2 --oversubscribe \"$DTRAIN\" --config run.yaml --steps 2"
                + " --set 'model=[{linear: 2000}, gelu, {linear: 2000}, {linear: 4}]' --output"
            let whole = try shell("\(command) whole", in: data)
            try #require(whole.exitCode == 0, "\(whole)")
            try data.write("command", text: "\(command) small\n")
            let small = try shell(
                "unshare -m bash -c 'mount -t tmpfs -o size=\(megabytes)m tmpfs /dev/shm && exec bash command'",
                in: data)
            try #require(small.exitCode == 0, "\(small)")
            #expect(
                small.standardError.components(separatedBy: "dtrain: warning: shared memory cannot be had")
                    .count
                    == 2, "\(small)")
            #expect(!whole.standardError.contains("warning"))
            #expect(try DTrainRun.results(data.path("small")) == DTrainRun.results(data.path("whole")))
        }

        /// A second run into a folder is refused as long as the first one lives, and changes nothing of it.
        @Test func twoRunsIntoOneFolder() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("run.yaml", text: Faults.configuration)
            let run = try shell(
                """
                command=(mpirun -n 2 --oversubscribe "$DTRAIN" --config run.yaml --resume auto --output)
                DTRAIN_FAULT='step:*:*:slow=300' "${command[@]}" run > first 2>&1 &
                until ls -d run/checkpoints/step-* > ls 2>&1; do kill -0 $! || exit 9; sleep 0.05; done
                mpirun -n 2 --oversubscribe "$DTRAIN" --config run.yaml --overwrite --output run 2> second
                echo "second $?"
                kill -USR1 $!
                wait $!
                echo "first $?"
                "${command[@]}" run > last 2>&1 && echo resumed
                "${command[@]}" whole > last 2>&1
                """, in: data)
            try #require(run.exitCode == 0, "\(run)")
            let said = run.standardOutput
            #expect(
                said.contains("second 73\n") && said.contains("first 0\n") && said.contains("resumed"),
                "\(run)")
            let errors = try String(contentsOfFile: data.path("second"), encoding: .utf8)
            #expect(errors.contains("dtrain: error: another run is writing to run"), "\(errors)")
            #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
        }

        /// Processes that a launcher started as ranks but that MPI takes for single ones refuse to train.
        @Test(arguments: [
            (
                ["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"],
                "started 4 processes, but MPI sees one: use the mpirun"
            ),
            (
                ["SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "4"],
                "srun started 4 tasks without PMIx"
            ),
        ])
        func singletons(_ variables: [String: String], says: String) throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("run.yaml", text: Faults.configuration)
            let run = try shell("\"$DTRAIN\" --config run.yaml --output run", variables, in: data)
            #expect(run.exitCode == 64, "\(run)")
            let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
            #expect(lines.count == 1 && lines[0].contains(says), "\(run)")
            #expect(!FileManager.default.fileExists(atPath: data.path("run")))
        }

        @Test func fewerExamplesThanRanks() throws {
            let data = try TestData(count: 3)
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            for ranks in [1, 4] {
                let run = try DTrainRun.run(
                    ranks, ["--config", configuration, "--output", data.path("run-\(ranks)")])
                try #require(run.exitCode == 0, "\(run)")
            }
            #expect(try DTrainRun.results(data.path("run-1")) == DTrainRun.results(data.path("run-4")))
        }

        /// Folders and files of one character, in the folder where one is.
        @Test func shortNames() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("run.yaml", text: Faults.configuration)
            let run = try shell(
                """
                set -e
                "$DTRAIN" --config run.yaml --steps 4 --output s
                "$DTRAIN" --config run.yaml --resume auto --output s
                "$DTRAIN" --config run.yaml --resume s --output t
                cd s
                cp weights.safetensors w
                "$DTRAIN" evaluate w --output e
                "$DTRAIN" predict . --output p
                cmp weights.safetensors ../t/weights.safetensors
                """, in: data)
            #expect(run.exitCode == 0, "\(run)")
        }

        /// What is no file, a pipe or a device, is written and never replaced by a file.
        @Test func outputIntoAPipe() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("run.yaml", text: Faults.configuration)
            let run = try shell(
                """
                "$DTRAIN" --config run.yaml --steps 2 --output run > out
                "$DTRAIN" predict run --output plain || exit
                mkfifo pipe
                cat pipe > read &
                "$DTRAIN" predict run --output pipe || exit
                wait
                [ -p pipe ] && cmp plain read
                """, in: data)
            #expect(run.exitCode == 0, "\(run)")
        }

        /// Nobody takes messages: the run is as without them, and so are exit codes.
        @Test(arguments: ["2> /dev/full", "2>&1 | head -n 1", "2>&-"])
        func closedErrors(redirection: String) throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("run.yaml", text: Faults.configuration)
            // A checkpoint that cannot be made is a warning, and an error in the end.
            let run = try shell(
                """
                set -o pipefail
                "$DTRAIN" --config run.yaml --set bogus=1 \(redirection) > out
                echo "code $?"
                mkdir run && ln -s /dev/full run/metrics.jsonl
                "$DTRAIN" --config run.yaml --resume auto --output run \(redirection) > out
                echo "code $?"
                """, in: data)
            #expect(
                run.standardOutput.hasSuffix("code 74\n") && run.standardOutput.contains("code 78\n"),
                "\(run)")
            #expect(FileManager.default.fileExists(atPath: data.path("run/weights.safetensors")))
        }

        /// Nobody reads standard output any more. A single process trains on; mpirun ends its ranks, and what they have
        /// saved goes on.
        @Test(arguments: [0, 3])
        func closedOutput(ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("run.yaml", text: Faults.configuration)
            let launcher = ranks == 0 ? "" : "mpirun -n \(ranks) --oversubscribe "
            let run = try shell(
                """
                \(launcher)"$DTRAIN" --config run.yaml --resume auto --output run 2> errors | head -n 1 > first
                echo "code ${PIPESTATUS[0]}"
                """, in: data)
            #expect(run.exitCode == 0 && !run.timedOut && run.survivors.isEmpty, "\(run)")
            if ranks == 0 { #expect(run.standardOutput == "code 0\n") }
            for output in ["run", "whole"] {
                let last = try DTrainRun.run(
                    2, ["--config", data.path("run.yaml"), "--resume", "auto", "--output", data.path(output)])
                try #require(last.exitCode == 0, "\(last)")
                #expect(ranks > 0 || output == "whole" || last.standardOutput.contains("finished already"))
            }
            #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
        }
    }
}
