import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What a person gets wrong, with the whole line that answers it: what is wrong, where, and what to do.
    @Suite struct Mistakes {
        /// A mistake and its answer.
        struct Mistake: Sendable {
            /// The configuration net.yaml, which `dtrain check` gets; nil for a command line.
            let file: String?
            /// The words behind the program's name.
            let command: String
            let code: Int32
            /// The line behind "dtrain: error: "; DATA stands for the test's folder, dtrain for the program's path.
            let line: String
        }

        /// A configuration with a mistake.
        static func written(_ file: String, _ code: Int32, _ line: String) -> Mistake {
            Mistake(file: file + "\n", command: "check net.yaml", code: code, line: line)
        }

        /// A command with a mistake.
        static func called(_ command: String, _ code: Int32, _ line: String) -> Mistake {
            Mistake(file: nil, command: command, code: code, line: line)
        }

        static let images = "data: {train: {format: npy, features: images.npy, labels: labels.npy}}\n"
        static let model = "model: [flatten, linear: 4]\n"

        @Test func eachIsAnsweredInOneLine() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.prepare(data)
            let program = try BuiltExecutable.path("dtrain")
            let all = [
                Self.mistyped, Self.misplaced, Self.foreign, Self.units, Self.shapes, Self.files,
                Self.commands,
            ].flatMap(\.self)
            #expect(all.count >= 100)
            for mistake in all {
                if let file = mistake.file { try data.write("net.yaml", text: file) }
                let run = try Self.run(mistake.command, in: data)
                let lines = run.standardError.split(separator: "\n").filter {
                    $0.hasPrefix("dtrain: error: ")
                }
                let line = (lines.first ?? "").dropFirst("dtrain: error: ".count)
                    .replacing(data.folder, with: "DATA").replacing(program, with: "dtrain")
                let place = "\(mistake.command)\n\(mistake.file ?? "")"
                #expect(lines.count == 1, "\(place)\(run)")
                #expect(line == mistake.line, "\(place)")
                #expect(run.exitCode == mistake.code, "\(place)\(run)")
            }
        }

        /// Control: what the rows are made of is right by itself.
        @Test func withoutMistakesNothingIsSaid() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.prepare(data)
            for file in [Self.images + Self.model, Self.tableText] {
                try data.write("net.yaml", text: file)
                let run = try Self.run("check net.yaml", in: data)
                #expect(run.exitCode == 0 && !run.standardError.contains("dtrain: error"), "\(run)")
            }
        }

        /// Runs the program in the test's folder, with words as a shell would split them.
        private static func run(_ command: String, in data: TestData) throws -> ProcessResult {
            let program = try BuiltExecutable.path("dtrain")
            return try ProcessRun.run(
                "bash", ["-c", "exec '\(program)' \(command)"], timeLimit: Promptness.patience,
                currentDirectory: data.folder)
        }

        private static let tableText = """
            data: {train: {format: csv, files: t.csv, label: kind}}
            model: [linear: 2]
            training: {epochs: 1, batch: 32}

            """

        /// The files that the rows name: tables, arrays, configurations and the runs of three of these.
        private static func prepare(_ data: TestData) throws {
            func table(_ name: String, _ header: String, _ row: (Int) -> String) throws {
                try data.write(name, text: header + "\n" + (0..<60).map { row($0) + "\n" }.joined())
            }
            let kinds = ["cat", "dog"]
            try table("t.csv", "a,b,kind") { "\($0 % 7),\($0 % 5),\(kinds[$0 % 2])" }
            try table("semi.csv", "a;b;kind") { "\($0 % 7);\($0 % 5);\(kinds[$0 % 2])" }
            try table("gap.csv", "a,b,kind") { "\($0 == 7 ? "" : "\($0 % 7)"),\($0 % 5),\(kinds[$0 % 2])" }
            try table("p.csv", "a,b,price") { "\($0 % 7),\($0 % 5),\(100 + $0 * 37)" }
            try data.write("note.ipynb", text: "{\"cells\": []}")
            let labels = (0..<137).map { $0 * 7 % 4 }
            let shares = labels.flatMap { label in (0..<4).map { $0 == label ? Float(0.5) : 0 } }
            try data.write("shares.npy", shape: [137, 4], shares)
            try data.write("short.npy", labels.prefix(100).map(Int64.init))
            // A stored block that promises 65535 bytes and ends before.
            let array = try Data(contentsOf: URL(fileURLWithPath: data.path("images.npy")))
            let start: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0xff, 0xff, 0, 0]
            try (Data(start) + array.prefix(4096)).write(to: URL(fileURLWithPath: data.path("cut.npy.gz")))

            let training = "training: {epochs: 1, batch: 32}\n"
            try data.write("base.yaml", text: images + model + training)
            try data.write(
                "other.yaml", text: images + "model: [flatten, linear: 8, relu, linear: 4]\n" + training)
            try data.write("table.yaml", text: tableText)
            for (name, run) in [("base", "run"), ("other", "other"), ("table", "table-run")] {
                let made = try Self.run("--config \(name).yaml --output \(run)", in: data)
                try #require(made.exitCode == 0, "\(made)")
            }
            let study = "base: {config: base.yaml}\n"
            try data.write(
                "outputs.yaml",
                text: study + "runs: {a: {}}\npictures:\n  p: {landscape: a, outputs: [0, 5]}\n")
            try data.write("keys.yaml", text: study + "vary:\n  optimizer.lrr: [0.1, 0.2]\n")
        }
    }
}
