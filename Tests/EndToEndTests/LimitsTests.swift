import Foundation
import Glibc
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Memory and threads that the system does not give: one line that says which, and exit code 71; whatever ends a rank
    /// unexpectedly says one line too.
    @Suite struct Limits {
        /// Runs the program in a shell that first does `setup`.
        private func run(
            _ ranks: Int, _ setup: String, _ arguments: [String], environment: [String: String] = [:]
        ) throws
            -> ProcessResult
        {
            let program = try BuiltExecutable.path("dtrain")
            let words = ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
            let launcher = ranks == 0 ? "" : "mpirun -n \(ranks) --oversubscribe "
            // A limit of the launcher's own would end the launcher.
            let script =
                ranks == 0 ? "\(setup); exec \(words)" : "exec \(launcher)bash -c \"\(setup); exec \(words)\""
            let variables = [
                "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
            ]
            return try ProcessRun.run(
                "bash", ["-c", script], environment: variables.merging(environment) { $1 },
                timeLimit: .seconds(60))
        }

        private func errors(_ run: ProcessResult) -> [Substring] {
            run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error: ") }
        }

        private func expectRefusal(_ run: ProcessResult, says words: [String]) {
            #expect(run.exitCode == 71 && !run.timedOut && run.survivors.isEmpty, "\(run)")
            let lines = errors(run)
            #expect(lines.count == 1, "\(run)")
            for word in words { #expect(lines.first?.contains(word) == true, "\(word): \(run)") }
        }

        /// More workers than shards are more than can be busy, and change nothing.
        @Test(arguments: [9, 4096])
        func moreWorkersThanShards(_ workers: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = ["--config", try SameBytes.configuration(data, "mlp"), "--output"]
            let plain = try DTrainRun.run(0, arguments + [data.path("plain")])
            try #require(plain.exitCode == 0, "\(plain)")
            let many = try DTrainRun.run(
                0, arguments + [data.path("many"), "--set", "training.workers=\(workers)"])
            if many.exitCode == 71 {
                expectRefusal(many, says: ["threads for training.workers"])
            } else {
                try #require(many.exitCode == 0, "\(many)")
                #expect(try DTrainRun.results(data.path("many")) == DTrainRun.results(data.path("plain")))
            }
        }

        /// From hardly enough to start the program to nearly enough.
        @Test(arguments: [190_000, 220_000, 250_000], [0, 2])
        func addressSpace(_ kilobytes: Int, _ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            expectRefusal(
                try run(
                    ranks, "ulimit -v \(kilobytes)",
                    ["--config", configuration, "--output", data.path("run")]),
                says: ["MPI", "ulimit -v"])
        }

        /// OpenBLAS would wait for its buffer for ever.
        @Test func addressSpaceOfWhitening() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            expectRefusal(
                try run(
                    0, "ulimit -v 300000",
                    [
                        "--config", configuration, "--output", data.path("run"), "--set",
                        "data.normalize=whiten",
                    ]),
                says: ["memory to whiten", "ulimit -v"])
        }

        /// What is enough for a small model is not for a large one; the buffer that cannot be had is named.
        @Test(arguments: [0, 2])
        func addressSpaceOfALargeModel(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let arguments = ["--config", configuration, "--output"]
            let small = try run(ranks, "ulimit -v 330000", arguments + [data.path("small")])
            #expect(small.exitCode == 0 && errors(small).isEmpty, "\(small)")
            expectRefusal(
                try run(
                    ranks, "ulimit -v 330000",
                    arguments + [data.path("large"), "--set", "model.0.linear=1000000"]),
                says: ["MiB of memory for ", "ulimit -v"])
        }

        @Test func threadsOfLimitedAddressSpace() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            expectRefusal(
                try run(
                    0, "ulimit -v 300000",
                    [
                        "--config", configuration, "--output", data.path("run"), "--set",
                        "training.workers=64",
                    ]), says: ["63 threads for training.workers", "ulimit -v"])
        }

        /// Folders of control groups in which a test may make its own, by controller.
        private static func group(_ controller: String) -> String? {
            for folder in ["/sys/fs/cgroup/\(controller)", "/sys/fs/cgroup"] {
                let path = "\(folder)/dtrain-test-\(getpid())"
                guard mkdir(path, 0o755) == 0 else { continue }
                let files = controller == "pids" ? ["pids.max"] : ["memory.max", "memory.limit_in_bytes"]
                if files.contains(where: { access("\(path)/\($0)", W_OK) == 0 }) { return path }
                rmdir(path)
            }
            return nil
        }

        /// Too few for MPI, and too few for the workers.
        @Test(arguments: [(3, "MPI"), (8, "MPI"), (60, "training.workers")])
        func threadsOfAControlGroup(_ most: Int, _ use: String) throws {
            // Where no group can be made there is nothing to test: containers seldom may.
            guard let group = Self.group("pids") else { return }
            defer { rmdir(group) }
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            expectRefusal(
                try run(
                    0, "echo \(most) > \(group)/pids.max; echo $$ > \(group)/cgroup.procs",
                    [
                        "--config", configuration, "--output", data.path("run"), "--set",
                        "training.workers=4096",
                    ]), says: ["threads for \(use)", "pids.max", "of at most \(most)"])
        }

        /// Seen before the kernel kills: what buffers need one by one or together.
        @Test(arguments: [100, 160])
        func memoryOfAControlGroup(_ megabytes: Int) throws {
            guard let group = Self.group("memory") else { return }
            defer { rmdir(group) }
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let limit =
                "for f in memory.max memory.limit_in_bytes; do [ -e \(group)/$f ] && echo \(megabytes)M > \(group)/$f; done"
            expectRefusal(
                try run(
                    0, "\(limit); echo $$ > \(group)/cgroup.procs",
                    [
                        "--config", configuration, "--output", data.path("run"), "--set",
                        "model.0.linear=1000000",
                    ]), says: ["MiB of memory for ", "the control group \(group)"])
        }

        /// Whatever ends a rank, one line says which rank at which step, and the signal ends it as before.
        @Test(arguments: [("trap", 132), ("segv", 139), ("abort", 134)], [0, 3])
        func unexpectedEnds(_ fault: (action: String, code: Int32), _ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let rank = max(0, ranks - 2)
            let run = try DTrainRun.run(
                ranks, ["--config", configuration, "--output", data.path("run")],
                environment: ["DTRAIN_FAULT": "step:\(rank):9:\(fault.action)", "SWIFT_BACKTRACE": ""])
            #expect(run.exitCode == fault.code && run.survivors.isEmpty, "\(run)")
            let lines = errors(run)
            #expect(lines.count == 1 && lines[0].contains(", rank \(rank), step 9, "), "\(run)")
            #expect(!run.standardError.contains("Process received signal"), "\(run)")
        }

        /// An error of MPI's while a rank of one worker is in a kernel ends the run, as anywhere else.
        @Test(arguments: ["workers=1", "workers=2"])
        func errorsOfTheExchange(_ workers: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try MPIRun.run(
                ranks: 2, executable: BuiltExecutable.path("training-controls"),
                arguments: ControlledRun.arguments(
                    data, "mlp", [workers, "stall=20"], control: "failExchange", output: data.path("run")))
            #expect(run.exitCode == 1 && !run.timedOut && run.survivors.isEmpty, "\(run)")
            let lines = run.standardError.split(separator: "\n").filter {
                $0.hasPrefix("training-controls: error: ")
            }
            #expect(lines.count == 1 && lines[0].contains("MPI_Bcast"), "\(run)")
        }
    }
}
