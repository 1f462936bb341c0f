import Foundation
import Glibc
import ProcessSupport
import Testing

extension EndToEndTests {
    /// A landscape that is stopped and goes on, and a folder that holds one.
    @Suite struct StoppedLandscapes {
        private static func point(_ data: TestData) throws -> [String] {
            let point = try DiagnoseCase("mlp").copy(to: data)
            return ["landscape", point.weights, "--config", point.configuration]
        }

        /// Points that a folder keeps.
        private static func kept(_ folder: String) -> Int {
            let text = (try? String(contentsOfFile: "\(folder)/landscape.jsonl", encoding: .utf8)) ?? ""
            return max(0, text.split(separator: "\n").count - 2)
        }

        /// Sends a signal once some points are kept; to the ranks too where `toAll`.
        private static func stopped(
            _ ranks: Int, _ arguments: [String], folder: String, by signal: Int32, after points: Int,
            toAll: Bool = false
        ) throws -> ProcessResult {
            var isSent = false
            let meanwhile: (ProcessSession, String) -> Void = { session, _ in
                guard !isSent, kept(folder) >= points else { return }
                isSent = true
                if toAll { session.signal(signal) } else { kill(session.id, signal) }
            }
            let program = try BuiltExecutable.path("dtrain")
            let slow = ["DTRAIN_FAULT": "evaluate:*:*:slow=40"]
            let run =
                ranks == 0
                ? try ProcessRun.run(
                    program, arguments, environment: slow, timeLimit: Promptness.patience,
                    meanwhile: meanwhile)
                : try MPIRun.run(
                    ranks: ranks, executable: program, arguments: arguments, environment: slow,
                    meanwhile: meanwhile)
            #expect(isSent && run.survivors.isEmpty, "\(run)")
            return run
        }

        /// However it is stopped, and more than once, the same command goes on to the same bytes.
        @Test(arguments: [0, 3], ["gradient", "plane"])
        func goesOn(_ ranks: Int, _ along: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let arguments =
                try Self.point(data) + ["--along", along, "--points", along == "plane" ? "12" : "144"]
            let whole = data.path("whole")
            let uninterrupted = try DTrainRun.run(1, arguments + ["--output", whole])
            try #require(uninterrupted.exitCode == 0, "\(uninterrupted)")

            let folder = data.path("stopped")
            let command = arguments + ["--output", folder]
            var points = 4
            for (signal, isOfAll) in [(SIGTERM, false), (SIGKILL, true), (SIGINT, false), (SIGUSR1, false)] {
                let run = try Self.stopped(
                    ranks, command, folder: folder, by: signal, after: points, toAll: isOfAll)
                if signal == SIGUSR1 {
                    #expect(run.exitCode == 0 && run.standardOutput.isEmpty, "\(run)")
                    #expect(run.standardError.contains("note: stopped: "), "\(run)")
                } else {
                    #expect(run.exitCode != 0, "\(run)")
                }
                if signal == SIGINT {
                    #expect(
                        run.standardError.contains("note: interrupted: ")
                            && run.standardError.contains(" of 144 points are kept, go on with "), "\(run)")
                }
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/landscape.csv"))
                let kept = Self.kept(folder)
                #expect(kept >= points && kept < 144)
                points = kept + 3
            }
            // A line that a power cut has torn is no point.
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(folder)/landscape.jsonl"))
            try file.seekToEnd()
            try file.write(contentsOf: Data("{\"a\":0.5,\"loss\":12".utf8))
            try file.close()

            let rest = try DTrainRun.run(ranks == 0 ? 2 : 1, command)
            #expect(
                rest.exitCode == 0 && rest.standardError.contains("note: going on after "), "\(rest)")
            #expect(try LandscapeFiles.bytes(folder) == LandscapeFiles.bytes(whole))
            #expect(
                rest.standardOutput.replacing(folder, with: "")
                    == uninterrupted.standardOutput.replacing(
                        whole, with: ""))
        }

        /// A folder goes on with the landscape it holds, and with no other unless that is to be replaced.
        @Test func otherOptions() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.point(data)
            let folder = data.path("out")
            func draw(_ options: [String], _ environment: [String: String] = [:]) throws -> ProcessResult {
                try DTrainRun.run(0, point + ["--output", folder] + options, environment: environment)
            }
            let first = try draw(["--along", "plane", "--points", "4"])
            try #require(first.exitCode == 0, "\(first)")
            let bytes = try LandscapeFiles.bytes(folder)
            // No point is computed again: each would end the process.
            let none = ["DTRAIN_FAULT": "evaluate:*:*:exit=9"]
            let again = try draw(["--along", "plane", "--points", "4"], none)
            #expect(again.exitCode == 0 && again.standardOutput == first.standardOutput, "\(again)")
            #expect(try LandscapeFiles.bytes(folder) == bytes)
            let anew = try draw(["--along", "plane", "--points", "4", "--overwrite"], none)
            #expect(anew.exitCode == 9, "the control: a point that is computed shows")
            let whole = try draw(["--along", "plane", "--points", "4"])
            #expect(whole.exitCode == 0, "\(whole)")
            #expect(try LandscapeFiles.bytes(folder) == bytes)

            for options in [
                ["--along", "plane", "--points", "5"], ["--along", "plane", "--points", "4", "--seed", "1"],
                ["--along", "plane", "--points", "4", "--radius", "2"],
                ["--along", "plane", "--points", "4", "--examples", "10"],
                ["--along", "eigenvectors", "--points", "4"],
                ["--along", "plane", "--points", "4", "--set", "training.batch=5"],
            ] {
                let refused = try draw(options)
                #expect(
                    refused.exitCode == 73 && refused.standardError.contains("--overwrite"),
                    "\(options): \(refused)")
                #expect(refused.standardError.split(separator: "\n").count == 1, "\(refused)")
                #expect(try LandscapeFiles.bytes(folder) == bytes)
            }
            let replaced = try draw(["--along", "gradient", "--points", "5", "--overwrite"])
            #expect(replaced.exitCode == 0, "\(replaced)")
            #expect(try LandscapeFiles(folder).rows.count == 5)

            // Of other weights.
            let path = point[1]
            try LandscapeFiles(folder).weights(
                at: LandscapeFiles.Row(coordinates: [0.25], loss: 0), around: path, to: path)
            let moved = try draw(["--along", "gradient", "--points", "5"])
            #expect(moved.exitCode == 73, "\(moved)")
            // Directions that are not those of the points.
            _ = try draw(["--along", "gradient", "--points", "5", "--overwrite"])
            let file = "\(folder)/directions.safetensors"
            var damaged = try Data(contentsOf: URL(fileURLWithPath: file))
            damaged[damaged.count - 2] ^= 1
            try damaged.write(to: URL(fileURLWithPath: file))
            let refused = try draw(["--along", "gradient", "--points", "5"])
            #expect(refused.exitCode == 65 && refused.standardError.contains(file), "\(refused)")
            // A table that is left alone belongs to somebody.
            try FileManager.default.removeItem(atPath: "\(folder)/landscape.jsonl")
            #expect(try draw(["--along", "gradient", "--points", "5"]).exitCode == 73)
        }

        /// One landscape at a time writes to a folder.
        @Test func oneAtATime() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let folder = data.path("out")
            let command = try Self.point(data) + ["--along", "gradient", "--output", folder]
            var second: ProcessResult?
            let program = try BuiltExecutable.path("dtrain")
            let first = try ProcessRun.run(
                program, command, environment: ["DTRAIN_FAULT": "evaluate:*:*:slow=60"],
                timeLimit: Promptness.patience
            ) { _, _ in
                guard second == nil, Self.kept(folder) >= 1 else { return }
                second = try? DTrainRun.run(0, command)
            }
            #expect(first.exitCode == 0, "\(first)")
            let refused = try #require(second)
            #expect(refused.exitCode == 73 && refused.standardError.contains(folder), "\(refused)")
        }

        /// It says how far it is, and how long it takes.
        @Test func progress() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.point(data)
            let run = try DTrainRun.run(
                0,
                point + ["--along", "gradient", "--points", "9", "--output", data.path("o")],
                environment: ["DTRAIN_PROGRESS_TIMES": "0:0:0", "DTRAIN_FAULT": "evaluate:*:*:slow=5"])
            #expect(run.exitCode == 0, "\(run)")
            let lines = run.standardError.split(separator: "\n")
            #expect(
                lines.contains {
                    $0.contains("landscape") && $0.contains(" of 9 points") && $0.hasSuffix(" left")
                },
                "\(run)")
            let quiet = try DTrainRun.run(
                0,
                point + [
                    "--along", "gradient", "--points", "9", "--output", data.path("q"), "--quiet",
                ], environment: ["DTRAIN_PROGRESS_TIMES": "0:0:0"])
            #expect(quiet.exitCode == 0 && quiet.standardError.isEmpty, "\(quiet)")
        }

        @Test func mistakes() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.point(data)
            let other = try DiagnoseCase("regression").copy(to: data)
            let out = ["--output", data.path("out")]
            let gradient = point + ["--along", "gradient"]
            let flat = try DiagnosePoint(
                data, "flat", model: "[{linear: {out: 1, bias: false}}]",
                weights: [("0.weight", [1, 1], [1])], features: [[1], [2]], targets: [1, 2])
            let critical = ["landscape", flat.weights, "--config", flat.configuration]
            for (arguments, code, says) in [
                (gradient, 64, "--output"),
                (point + out, 64, "--along gradient"),
                (point + ["--along", "hessian"] + out, 64, "hessian"),
                (gradient + ["--to", other.weights] + out, 64, "--along and --to"),
                (gradient + ["--points", "0"] + out, 64, "--points"),
                (gradient + ["--points", "1"] + out, 64, "--points"),
                (point + ["--along", "plane", "--points", "1000"] + out, 64, "255"),
                (gradient + ["--radius", "0"] + out, 64, "--radius"),
                (gradient + ["--radius", "nan"] + out, 64, "--radius"),
                (point + ["--to", other.weights, "--radius", "0.5"] + out, 64, "--radius"),
                (gradient + ["--examples", "0"] + out, 64, "--examples"),
                (gradient + ["--data", "trian"] + out, 64, "trian"),
                (gradient + ["--data", "test"] + out, 64, "data.test"),
                (["landscape", data.path("none"), "--along", "gradient"] + out, 65, data.path("none")),
                (point + ["--to", data.path("none")] + out, 65, data.path("none")),
                (point + ["--to", other.weights] + out, 65, other.weights),
                (point + ["--to", point[1]] + out, 65, "the same weights"),
                (critical + ["--along", "gradient"] + out, 78, "--along eigenvectors"),
                (gradient + ["--output", "/proc/landscape"], 73, "/proc/landscape"),
            ] as [([String], Int32, String)] {
                let run = try DTrainRun.run(2, arguments)
                #expect(run.exitCode == code, "\(arguments): \(run)")
                let errors = run.standardError.split(separator: "\n").filter {
                    $0.hasPrefix("dtrain: error:")
                }
                #expect(errors.count == 1 && errors[0].contains(says), "\(arguments): \(run)")
                #expect(run.standardOutput.isEmpty, "\(arguments): \(run)")
            }
        }

        /// A point without a finite loss ends it with its place, and leaves the folder free for a smaller radius.
        @Test func lossThatIsNotFinite() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point =
                try Self.point(data) + ["--along", "plane", "--points", "3", "--output", data.path("o")]
            for ranks in [0, 2] {
                let run = try DTrainRun.run(ranks, point + ["--radius", "1e39"])
                #expect(run.exitCode == 79, "\(run)")
                let errors = run.standardError.split(separator: "\n").filter {
                    $0.hasPrefix("dtrain: error:")
                }
                #expect(
                    errors.count == 1 && errors[0].contains("a = -1e+39, b = -1e+39")
                        && errors[0].contains("--radius"), "\(run)")
            }
            let smaller = try DTrainRun.run(0, point + ["--radius", "0.5"])
            #expect(smaller.exitCode == 0, "\(smaller)")
        }
    }
}
