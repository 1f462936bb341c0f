import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// scripts/supervise: what it reruns, on which hosts, and when it stops.
    @Suite struct Supervise {
        private static let script = Checkout.script("supervise")

        /// Writes a script that can be run.
        private func executable(_ data: TestData, _ name: String, _ text: String) throws -> String {
            let path = try data.write(name, text: "")
            try ProgramFile.write(Data("#!/usr/bin/env bash\n\(text)".utf8), to: path)
            return path
        }

        private func lines(_ path: String) throws -> [String] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        }

        /// Exit codes that a program ends with one after the other, and how often it is started.
        struct Course: Sendable, CustomTestStringConvertible {
            let codes: [Int]
            let starts: Int
            var last: Int { codes[min(starts, codes.count) - 1] }
            /// Whether every start leaves a newer checkpoint.
            var makesProgress = false
            var testDescription: String { "\(codes)\(makesProgress ? " with checkpoints" : "")" }
        }

        /// With two retries; the last code repeats.
        static let courses =
            [0, 64, 65, 71, 73, 76, 78, 79, 127, 130, 143].map { Course(codes: [$0], starts: 1) }
            + [1, 5, 75, 134, 137, 139].map { Course(codes: [$0], starts: 3) }
            + [
                Course(codes: [137, 0], starts: 2), Course(codes: [74], starts: 2),
                Course(codes: [74, 137, 74], starts: 3), Course(codes: [137, 64], starts: 2),
                Course(codes: [74, 74, 75, 137, 1, 139, 74, 0], starts: 8, makesProgress: true),
            ]

        @Test(arguments: courses)
        func codes(_ course: Course) throws {
            let data = try TestData()
            defer { data.remove() }
            let program = try executable(
                data, "dtrain",
                """
                # It must not end the supervisor, whatever becomes of it.
                [ "$1" != doctor ] || exit 3
                cd '\(data.folder)'
                echo "$*" >> starts
                n=$(wc -l < starts)
                codes=(\(course.codes.map(String.init).joined(separator: " ")))
                \(course.makesProgress ? "mkdir -p out/checkpoints/step-00000000$n" : "")
                exit ${codes[n > ${#codes[@]} ? ${#codes[@]} - 1 : n - 1]}
                """)
            let run = try ProcessRun.run(
                Self.script,
                ["--retries", "2", "--backoff", "0", "--", program, "train", "--output", data.path("out")],
                timeLimit: Promptness.patience)
            #expect(run.exitCode == course.last && run.survivors.isEmpty, "\(run)")
            let starts = try lines(data.path("starts"))
            #expect(starts.count == course.starts, "\(run)")
            #expect(starts.allSatisfy { $0 == "train --output \(data.path("out")) --resume auto" })
        }

        @Test(arguments: [
            [], ["--", "mpirun"], ["--", "dtrain", "--resume", "auto"], ["--retries", "x", "--", "dtrain"],
            ["--tries", "3"], ["--", "dtrain", "--output", "x", "--overwrite"],
            ["--hostfile", "/nowhere", "--", "mpirun", "dtrain", "--output", "x"],
            ["--", "mpirun", "-n", "x", "dtrain", "--output", "x"],
        ])
        func mistakes(_ arguments: [String]) throws {
            let run = try ProcessRun.run(Self.script, arguments, timeLimit: Promptness.patience)
            #expect(run.exitCode == 64, "\(run)")
            let said = run.standardError.split(separator: "\n")
            #expect(said.count == 1 && said[0].hasPrefix("supervise: error: "), "\(run)")
        }

        /// SIGUSR1 is passed on and ends with the run's code; SIGTERM ends everything.
        @Test(arguments: ["USR1", "TERM", "INT"])
        func signals(_ signal: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let program = try executable(
                data, "dtrain",
                """
                trap 'echo saved; exit 137' USR1
                trap 'echo ended; exit 143' TERM
                echo started >> '\(data.path("starts"))'
                while true; do sleep 0.05; done
                """)
            let command = "'\(Self.script)' --backoff 0 -- '\(program)' --output '\(data.path("out"))'"
            let run = try ProcessRun.run(
                "bash",
                [
                    "-c",
                    """
                    set -m
                    \(command) &
                    until [ -s '\(data.path("starts"))' ]; do sleep 0.05; done
                    sleep 0.2
                    kill -\(signal) $!
                    wait $!
                    """,
                ], timeLimit: Promptness.patience)
            #expect(run.exitCode == (signal == "USR1" ? 137 : 143), "\(run)")
            #expect(run.standardOutput.contains(signal == "USR1" ? "saved" : "ended"), "\(run)")
            #expect(try lines(data.path("starts")).count == 1 && !run.timedOut && run.survivors.isEmpty)
        }

        /// Elastic training: hosts are lost one after the other and come back, ranks are killed on the way, and the run
        /// ends with the bytes of one that nothing happened to.
        @Test func onTheHostsThatAreLeft() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try data.write("run.yaml", text: Faults.configuration)
            let whole = try DTrainRun.run(2, ["--config", configuration, "--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            // What mpirun would start on other machines is started here; hosts answer as long as they have a file.
            let launcher = try executable(
                data, "mpirun",
                """
                cd '\(data.folder)'
                echo "$*" >> starts
                n=$(wc -l < starts)
                faults=(step:3:7:kill checkpoint_rename:0:12:abort step:0:19:segv update:1:26:exit=5)
                export DTRAIN_FAULT=${faults[n - 1]-}
                rm -f alive/*
                case $n in 1) touch alive/b ;; 2) ;; 3) touch alive/c ;; *) touch alive/b alive/c ;; esac
                arguments=()
                while (($#)); do
                    if [ "$1" = --hostfile ]; then cp "$2" hosts.$n; shift 2; else arguments+=("$1"); shift; fi
                done
                exec /usr/bin/env mpirun --oversubscribe "${arguments[@]}"
                """)
            let shell = try executable(
                data, "shell",
                """
                [ -e '\(data.path("alive"))'/$1 ] || exit 255
                shift
                exec "$@"
                """)
            try data.write("alive/b", text: "")
            try data.write("alive/c", text: "")
            let hosts = try data.write(
                "hosts", text: "# three hosts\nlocalhost slots=1\nb slots=2\n\nc slots=1 # small\n")
            let run = try ProcessRun.run(
                Self.script,
                [
                    "--backoff", "0", "--", launcher, "-n", "4", "--hostfile", hosts,
                    try BuiltExecutable.path("dtrain"), "--config", configuration, "--output",
                    data.path("run"),
                ],
                environment: [
                    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                    "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
                    "OMPI_MCA_plm_rsh_agent": shell,
                ], timeLimit: Promptness.patience)
            #expect(run.exitCode == 0 && run.survivors.isEmpty, "\(run)")
            let starts = try lines(data.path("starts"))
            #expect(
                starts.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
                    == ["-n 4", "-n 3", "-n 1", "-n 2", "-n 4"], "\(run)")
            #expect(try lines(data.path("hosts.2")) == ["localhost slots=1", "b slots=2"])
            #expect(try lines(data.path("hosts.3")) == ["localhost slots=1"])
            #expect(try lines(data.path("hosts.4")) == ["localhost slots=1", "c slots=1 # small"])
            #expect(try lines(data.path("hosts.5")) == lines(hosts))
            #expect(run.standardError.contains("no answer from c: going on with 3 ranks on the 3 slots"))
            #expect(try Faults.Outcome(data.path("run")) == Faults.Outcome(data.path("whole")))
        }

        /// More ranks than mpirun has room for: no rerun can mend that.
        @Test func tooManyRanks() throws {
            let data = try TestData()
            defer { data.remove() }
            let launcher = try executable(
                data, "mpirun",
                "echo start >> '\(data.path("starts"))'\necho 'not enough slots' >&2\nexit 1\n")
            let program = try executable(data, "dtrain", "exit 0\n")
            func run(_ options: [String]) throws -> ProcessResult {
                try ProcessRun.run(
                    Self.script,
                    options + [
                        "--backoff", "0", "--", launcher, "-n", "3", program, "--output", data.path("run"),
                    ],
                    timeLimit: Promptness.patience)
            }
            let result = try run([])
            #expect(
                result.exitCode == 1 && result.standardError.contains("mpirun did not start dtrain"),
                "\(result)")
            #expect(try lines(data.path("starts")).count == 1)
            #expect(try run(["--min-ranks", "4"]).exitCode == 64)
        }

        /// Too few hosts are waited for, as long as there are retries.
        @Test func tooFewHosts() throws {
            let data = try TestData()
            defer { data.remove() }
            let launcher = try executable(data, "mpirun", "echo \"$*\" >> '\(data.path("starts"))'\nexit 1\n")
            let shell = try executable(data, "shell", "exit 255\n")
            let hosts = try data.write("hosts", text: "localhost slots=1\nb slots=2\n")
            let run = try ProcessRun.run(
                Self.script,
                [
                    "--backoff", "0", "--retries", "3", "--min-ranks", "2", "--hostfile", hosts, "--",
                    launcher,
                    "-n", "3", try executable(data, "dtrain", "exit 0\n"), "--output", data.path("run"),
                ], environment: ["OMPI_MCA_plm_rsh_agent": shell], timeLimit: Promptness.patience)
            #expect(run.exitCode == 1, "\(run)")
            #expect(try lines(data.path("starts")).count == 1)
            #expect(
                run.standardError.components(
                    separatedBy: "no answer from b: 1 slots are left, --min-ranks is 2"
                ).count
                    == 4, "\(run)")
        }
    }
}
