import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Data named on the command line, and data that stand elsewhere than they did.
    @Suite struct DataPaths {
        /// Runs dtrain in the folder of the test's data.
        private static func run(_ data: TestData, in folder: String = ".", _ arguments: [String]) throws
            -> ProcessResult
        {
            try ProcessRun.run(
                try BuiltExecutable.path("dtrain"), arguments, environment: [:], timeLimit: .seconds(60),
                currentDirectory: data.path(folder))
        }

        /// A run, "run", on "data/train.csv" and "data/test.csv", whose labels are words.
        private static func trained(normalize: String = "standardize") throws -> TestData {
            let data = try TestData()
            func text(_ rows: Range<Int>) -> String {
                "id;x;y;kind\n"
                    + rows.map {
                        "\($0);\($0 % 3).5;\(Double($0 % 7) / 7);\(["dog", "ant", "cat"][$0 % 3])\n"
                    }
                    .joined()
            }
            try data.write("data/train.csv", text: text(0..<90))
            try data.write("data/test.csv", text: text(90..<111))
            try data.write("new.csv", text: text(90..<111))
            try data.write(
                "new.tsv", text: text(90..<111).replacingOccurrences(of: ";", with: "\t"))
            let set = "format: csv, label: kind, ignore: id, delimiter: \";\""
            try data.write(
                "kinds.yaml",
                text: """
                    data:
                      train: {\(set), files: data/train.csv}
                      test: {\(set), files: data/test.csv}
                    model: [{linear: 3}]
                    evaluation: {metrics: [accuracy, recall, confusion_matrix], train: true}
                    optimizer: {name: adam, lr: 0.3}
                    training: {epochs: 4, batch: 30}
                    """)
            let run = try Self.run(data, ["--config", "kinds.yaml", "--output", "run"])
            try #require(run.exitCode == 0, "\(run)")
            try data.write("trained.txt", text: run.standardOutput)
            return data
        }

        private static func numbers(_ run: ProcessResult) throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: Data(run.standardOutput.utf8)) as? [String: Any] ?? [:]
        }

        @Test func aPathIsReadAsTheRunsOwnData() throws {
            let data = try Self.trained()
            defer { data.remove() }
            let own = try Self.numbers(Self.run(data, ["evaluate", "run"]))
            let loss = try #require(own["loss"] as? Double)
            for (given, name) in [
                ("new.csv", "new.csv"), ("new.tsv", "new.tsv"), ("data", "test.csv"), ("test", "test"),
                ("{format: csv, files: new.csv, label: kind, ignore: id, delimiter: \";\"}", "new.csv"),
            ] {
                let run = try Self.run(data, ["evaluate", "run", "--data", given])
                try #require(run.exitCode == 0, "\(given): \(run)")
                #expect(try Self.numbers(run)["loss"] as? Double == loss, "\(given): \(run)")
                #expect(try Self.numbers(run)["data"] as? String == name, "\(given): \(run)")
            }
            let both = try Self.run(data, ["evaluate", "run", "--data", "[new.csv, data/train.csv]"])
            #expect(try Self.numbers(both)["count"] as? Int == 111, "\(both)")
            let predicted = try Self.run(data, ["predict", "run", "--data", "new.csv"])
            #expect(predicted.standardOutput == (try Self.run(data, ["predict", "run"]).standardOutput))
            for (given, code, says) in [
                ("none.csv", 65, "none.csv (--data)"), ("tst", 78, "did you mean \"test\"?"),
                ("run", 78, "a folder without test.csv"), ("rows.npy", 78, "labels: FILE}'"),
            ] {
                let run = try Self.run(data, ["evaluate", "run", "--data", given])
                #expect(Int(run.exitCode) == code && run.standardError.contains(says), "\(given): \(run)")
            }
        }

        /// Arrays alone are enough for prediction.
        @Test func arraysArePredicted() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let run = try Self.run(data, ["--config", configuration, "--output", "run", "--steps", "2"])
            try #require(run.exitCode == 0, "\(run)")
            let predicted = try Self.run(data, ["predict", "run", "--data", "rows.npy"])
            let own = try Self.run(data, ["predict", "run"])
            #expect(predicted.exitCode == 0 && predicted.standardOutput == own.standardOutput, "\(predicted)")
        }

        /// A finished run finds its data in another folder; what is advised is what helps.
        @Test func movedDataAreFound() throws {
            let data = try Self.trained()
            defer { data.remove() }
            let before = try Self.run(data, ["evaluate", "run"]).standardOutput
            try FileManager.default.moveItem(atPath: data.path("data"), toPath: data.path("elsewhere"))
            let lost = try Self.run(data, ["evaluate", "run"])
            #expect(lost.exitCode == 65 && lost.standardError.contains("--set data.root=DIR"), "\(lost)")
            for root in ["elsewhere", data.path("elsewhere")] {
                let found = try Self.run(data, ["evaluate", "run", "--set", "data.root=\(root)"])
                #expect(found.exitCode == 0 && found.standardOutput == before, "\(found)")
            }
            let again = try Self.run(
                data,
                ["--config", "run/config.yaml", "--set", "data.root=elsewhere", "--output", "again"])
            #expect(again.exitCode == 0, "\(again)")
            #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("again")))
            let nowhere = try Self.run(data, ["evaluate", "run", "--set", "data.root=run"])
            #expect(nowhere.exitCode == 65 && nowhere.standardError.contains("run/test.csv"), "\(nowhere)")
            let given = try Self.run(
                data, ["evaluate", "run", "--data", "{format: csv, files: none.csv, label: kind}"])
            #expect(given.exitCode == 65 && !given.standardError.contains("data.root"), "\(given)")
        }

        /// What the command line says is relative to the current folder, what a file says to that file.
        @Test func settingsAreRelativeToTheCurrentFolder() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try SameBytes.configuration(data, "mlp")
            try data.write("sub/here.txt", text: "")
            try FileManager.default.copyItem(
                atPath: data.path("rows.npy"), toPath: data.path("sub/other.npy"))
            let dry = ["--config", "../mlp.yaml", "--dry-run", "--set"]
            let run = try Self.run(data, in: "sub", dry + ["data.train.features=other.npy"])
            #expect(run.exitCode == 0, "\(run)")
            let root = try Self.run(data, in: "sub", dry + ["data.root=.."])
            #expect(root.exitCode == 0, "\(root)")
            let missing = try Self.run(data, in: "sub", dry + ["data.train.features=rows.npy"])
            #expect(missing.exitCode == 65 && missing.standardError.contains("/sub/rows.npy"), "\(missing)")
            #expect(missing.standardError.contains("on the command line to the current folder"))
            #expect(!missing.standardError.contains("data.root"), "\(missing)")
        }

        /// Results say which set they are of, by the names of its classes.
        @Test func resultsNameTheirSetAndClasses() throws {
            let data = try Self.trained()
            defer { data.remove() }
            let end = try String(contentsOfFile: data.path("trained.txt"), encoding: .utf8)
            for line in [
                "\ntrain loss ", "\ntest loss ", "\ntrain by class\n", "\ntest: classes in rows",
                "\nant   30    0    0",
            ] {
                #expect(end.contains(line), "\(line) is not in \(end)")
            }
            let table = try Self.run(data, ["evaluate", "run", "--table"]).standardOutput
            #expect(table.contains(try Regex(#"(?m)^data +test$"#)), "\(table)")
            #expect(table.contains("\nant ") && table.contains("     ant  cat  dog\n"), "\(table)")
            #expect(!table.contains("\n0 "), "\(table)")
            let json = try Self.numbers(Self.run(data, ["evaluate", "run"]))
            #expect(
                json["data"] as? String == "test"
                    && json["class_names"] as? [String] == ["ant", "cat", "dog"])
            let train = try Self.run(data, ["evaluate", "run", "--set", "data.test=null"])
            #expect(try Self.numbers(train)["data"] as? String == "train", "\(train)")
            #expect(train.standardError.hasPrefix("dtrain: note: there is no test set"), "\(train)")
            let asked = try Self.run(data, ["evaluate", "run", "--data", "train"])
            #expect(asked.standardError.isEmpty && asked.standardOutput == train.standardOutput, "\(asked)")
        }

        @Test(arguments: [
            ("evalute", "did you mean \"evaluate\"?"), ("trian", "did you mean \"train\"?"),
            ("eval", "did you mean \"evaluate\"?"), ("fashion-mpl", "did you mean \"--recipe fashion-mlp\"?"),
            ("mine.yaml", "did you mean \"--config mine.yaml\"?"),
            ("xyz", "dtrain --help lists the commands"),
        ])
        func misspeltCommands(_ word: String, says: String) throws {
            for arguments in [[word], [word, "run", "--data", "test"], ["help", word]] {
                let run = try DTrainRun.run(0, arguments)
                #expect(run.exitCode == 64 && run.standardError.contains(says), "\(run)")
            }
        }
    }
}
