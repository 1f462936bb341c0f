import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// From data alone to a trained model: what `dtrain init` writes trains at once.
    @Suite struct Init {
        /// Runs dtrain in a folder.
        private static func run(
            _ arguments: [String], in folder: String, ranks: Int = 0
        ) throws -> ProcessResult {
            let program = URL(fileURLWithPath: try BuiltExecutable.path("dtrain")).path
            guard ranks == 0 else {
                return try MPIRun.run(
                    ranks: ranks, executable: program, arguments: arguments, currentDirectory: folder)
            }
            return try ProcessRun.run(
                program, arguments, timeLimit: Promptness.patience, currentDirectory: folder)
        }

        /// The values of a run's last event.
        private static func end(_ folder: String) throws -> [String: Any] {
            let text = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
            let line = try #require(text.split(separator: "\n").last)
            return try #require(
                JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }

        /// Flats with a number, a column of words, gaps, and the rent or the class of it to predict.
        private static func flats(_ data: TestData, label: (Double) -> String) throws {
            let cities = ["Aachen", "Bonn", "Cologne"]
            let rows = (0..<300).map { i in
                let (size, city) = (Double(i * 37 % 89) + 0.5, i * 7 % 3)
                let rent = 200_000 + 3000 * size + 50_000 * Double(city)
                return
                    "\(i + 1),Flat \(i),\(size),\(cities[city]),\(i % 9 == 4 ? "" : "\(i % 4)"),\(label(rent))\n"
            }
            try data.write("flats.csv", text: "id,name,size,city,floor,rent\n" + rows.joined())
        }

        /// The four commands of the README.
        @Test func fromATableToAReport() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.flats(data) { "\($0)" }
            let start = try Self.run(["init", "flats.csv"], in: data.folder)
            try #require(start.exitCode == 0 && start.standardError.isEmpty, "\(start)")
            for line in [
                "table        flats.csv, 300 rows, 6 columns",
                "features     2 columns, 1 of numbers and 1 of words (\"city\" 3)",
                "left out     \"name\", a different word in every row", "written      flats.yaml",
                "next         dtrain --config flats.yaml",
            ] { #expect(start.standardOutput.contains(line), "\(start)") }
            #expect(start.standardOutput.contains("label        \"rent\", the last column, "), "\(start)")
            let trained = try Self.run(["--config", "flats.yaml"], in: data.folder)
            try #require(trained.exitCode == 0, "\(trained)")
            let end = try Self.end(data.path("runs/flats"))
            #expect(try #require(end["validation_r2"] as? Double) > 0.9, "\(end)")
            try data.write(
                "new.csv", text: "id,name,city,size,floor\n7,New,Bonn,40,1\n8,New,Paris,40,\n")
            let predicted = try Self.run(
                ["predict", "runs/flats", "--data", "new.csv", "--output", "rents.csv"], in: data.folder)
            try #require(predicted.exitCode == 0, "\(predicted)")
            let rows = try String(contentsOfFile: data.path("rents.csv"), encoding: .utf8).split(
                separator: "\n")
            #expect(rows.count == 3)
            let rent = try #require(Double(rows[1].split(separator: ",")[1]))
            #expect(abs(rent - 370_000) < 40_000, "\(rows)")
            let report = try Self.run(["report", "runs/flats"], in: data.folder)
            #expect(report.exitCode == 0, "\(report)")
            #expect(FileManager.default.fileExists(atPath: data.path("report.html")))
            // The same configuration, whatever it is started by; and the same bytes from it.
            let again = try Self.run(["init", "flats.csv", "--output", "b.yaml"], in: data.folder, ranks: 2)
            #expect(
                again.exitCode == 0 && again.standardOutput.components(separatedBy: "written").count == 2,
                "\(again)")
            let texts = try ["flats", "b"].map {
                try String(contentsOfFile: data.path("\($0).yaml"), encoding: .utf8)
            }
            #expect(texts[0] == texts[1])
            let three = try Self.run(
                ["--config", "b.yaml", "--output", "three"], in: data.folder, ranks: 3)
            try #require(three.exitCode == 0, "\(three)")
            #expect(
                try DTrainRun.results(data.path("three")).weights
                    == DTrainRun.results(data.path("runs/flats")).weights)
        }

        @Test func classesAndATestSet() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.flats(data) { $0 < 300_000 ? "low" : $0 < 400_000 ? "middle" : "high" }
            let table = try String(contentsOfFile: data.path("flats.csv"), encoding: .utf8)
            try data.write("sub/test.csv", text: table)
            let start = try Self.run(
                ["init", "flats.csv", "--test", "sub/test.csv", "--output", "sub/kinds.yaml"],
                in: data.folder)
            try #require(start.exitCode == 0, "\(start)")
            #expect(start.standardOutput.contains("3 different words: classification"), "\(start)")
            let trained = try Self.run(["--config", "sub/kinds.yaml"], in: data.folder, ranks: 2)
            try #require(trained.exitCode == 0, "\(trained)")
            let end = try Self.end(data.path("runs/flats"))
            #expect(try #require(end["test_accuracy"] as? Double) > 0.9, "\(end)")
            #expect(end["validation_accuracy"] == nil)
            // Another column by its name: the city from the rest.
            let city = try Self.run(["init", "flats.csv", "--label", "city"], in: data.folder)
            #expect(city.exitCode == 0 && city.standardOutput.contains("\"city\", 3 different"), "\(city)")
        }

        @Test func imagesAndLabels() throws {
            let data = try TestData()
            defer { data.remove() }
            let start = try Self.run(["init", "images.npy", "--labels", "labels.npy"], in: data.folder)
            try #require(start.exitCode == 0, "\(start)")
            #expect(start.standardOutput.contains("a convolutional network"), "\(start)")
            let trained = try Self.run(["--config", "images.yaml"], in: data.folder, ranks: 2)
            try #require(trained.exitCode == 0, "\(trained)")
            let end = try Self.end(data.path("runs/images"))
            #expect(try #require(end["validation_accuracy"] as? Double) > 0.9, "\(end)")
            // Rows, and numbers to predict.
            try data.write("sizes.npy", shape: [137], (0..<137).map { 1000 * Float($0 % 13) + 0.5 })
            let rows = try Self.run(
                [
                    "init", "rows.npy", "--labels", "sizes.npy", "--test", "rows.npy", "--test-labels",
                    "sizes.npy",
                ], in: data.folder)
            try #require(rows.exitCode == 0, "\(rows)")
            let fitted = try Self.run(["--config", "rows.yaml"], in: data.folder)
            try #require(fitted.exitCode == 0, "\(fitted)")
            let last = try Self.end(data.path("runs/rows"))
            #expect(try #require(last["test_r2"] as? Double) > 0.9, "\(last)")
        }

        struct Mistake: Sendable, CustomTestStringConvertible {
            let arguments: [String]
            let code: Int32
            let says: String
            var testDescription: String { arguments.joined(separator: " ") }
        }

        static let mistakes = [
            Mistake(arguments: ["init"], code: 64, says: "<file>"),
            Mistake(arguments: ["init", "none.csv"], code: 65, says: "there is no file none.csv"),
            Mistake(arguments: ["init", "."], code: 65, says: ". is a folder"),
            Mistake(arguments: ["init", "images.npy"], code: 64, says: "give them with --labels"),
            Mistake(
                arguments: ["init", "images.npy", "--labels", "sizes.npy"], code: 65,
                says: "there is no file sizes.npy"),
            Mistake(
                arguments: ["init", "images.npy", "--labels", "line-targets.npy"], code: 65,
                says: "as many as images.npy has examples"),
            Mistake(
                arguments: ["init", "a.csv", "--labels", "labels.npy"], code: 64, says: "with --label"),
            Mistake(
                arguments: ["init", "a.csv", "--label", "z", "--output", "b.yaml"], code: 65,
                says: "its columns are"),
            Mistake(arguments: ["init", "ragged.csv"], code: 65, says: "ragged.csv:3:2: expected 2 fields"),
            Mistake(arguments: ["init", "a.csv"], code: 73, says: "a.yaml is there: replace it with"),
            Mistake(
                arguments: ["init", "a.csv", "--output", "none/a.yaml"], code: 73, says: "mkdir -p none"),
            Mistake(
                arguments: ["init", "a.csv", "--test", "ragged.csv", "--overwrite"], code: 65,
                says: "ragged.csv"),
            Mistake(arguments: ["a.csv"], code: 64, says: "did you mean \"init a.csv\"?"),
            Mistake(
                arguments: ["init", "images.npy", "--labels", "images.npy"], code: 65, says: "images.npy"),
        ]

        @Test(arguments: mistakes) func mistakesAreOneLine(_ mistake: Mistake) throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("a.csv", text: "x,y\n" + (0..<20).map { "\($0 * 7 % 5),\($0 % 2)\n" }.joined())
            try data.write("a.yaml", text: "mine\n")
            try data.write("ragged.csv", text: "x,y\n1,2\n3\n")
            let run = try Self.run(mistake.arguments, in: data.folder)
            #expect(run.exitCode == mistake.code && run.standardError.contains(mistake.says), "\(run)")
            #expect(run.standardError.split(separator: "\n").count == 1, "\(run)")
            #expect(try String(contentsOfFile: data.path("a.yaml"), encoding: .utf8) == "mine\n")
        }
    }
}
