import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Tables with columns of words, through training, resuming, evaluation, prediction and diagnosis.
    @Suite struct WordTables {
        private static let cities = ["Aachen", "Bonn", "Cologne"]

        /// Flats whose rent is 10 · size plus what the city and the state of the flat add.
        private static func flats(_ data: TestData) throws {
            func text(_ rows: Range<Int>) -> String {
                "size,city,state,rent\n"
                    + rows.map { i in
                        let (size, city) = (i * 5 % 7 + 1, i * 5 % 3)
                        let state = ["new", "\"old, dry\"", ""][i % 4 == 0 ? 0 : 1 + i / 2 % 2]
                        let rent = size + 4 * city + (state == "new" ? 3 : 0)
                        return "\(size),\(cities[city]),\(state),\(rent)\n"
                    }.joined()
            }
            try data.write("train.csv", text: text(0..<160))
            try data.write("test.csv", text: text(200..<240))
        }

        private static let configuration = """
            data:
              train: {format: csv, files: train.csv, label: rent, task: regression}
              test: {format: csv, files: test.csv, label: rent, task: regression}
              validation: {fraction: 0.2}
            model: [{linear: 16}, relu, {linear: 1}]
            loss: mse
            optimizer: {name: adam, lr: 0.03}
            training: {epochs: 20, batch: 16, shards: 8, seed: 1}
            checkpoint: {every_epochs: 5}
            """

        private static func prices(_ run: ProcessResult) -> [Double] {
            run.standardOutput.split(separator: "\n").dropFirst().map {
                Double($0.split(separator: ",")[1]) ?? .nan
            }
        }

        @Test func theSameBytesFromTrainingToDiagnosis() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.flats(data)
            let configuration = try data.write("flats.yaml", text: Self.configuration)
            var runs: [DTrainRun.Results] = []
            var descriptions: Set<Data> = []
            for ranks in 1...3 {
                let output = data.path("run-\(ranks)")
                let run = try DTrainRun.run(ranks, ["--config", configuration, "--output", output])
                try #require(run.exitCode == 0, "\(run)")
                #expect(
                    "\(run)".contains(
                        "columns of words have a feature for each word: \"city\" (3), \"state\" (2)"),
                    "\(run)")
                runs.append(try DTrainRun.results(output))
                descriptions.insert(
                    try Data(contentsOf: URL(fileURLWithPath: output + "/normalization.json")))
            }
            #expect(runs[0] == runs[1] && runs[0] == runs[2] && descriptions.count == 1)
            let bytes = try #require(descriptions.first)
            let description = try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
            let words = try #require(description["wordColumns"] as? [[String: Any]])
            #expect(words.map { $0["column"] as? Int } == [1, 2])
            #expect(words.map { $0["words"] as? [String] } == [Self.cities, ["new", "old, dry"]])
            // A run that is stopped and goes on reads the same features.
            let stopped = data.path("stopped")
            for (ranks, options) in [(2, ["--steps", "60"]), (3, [])] {
                let part = try DTrainRun.run(
                    ranks, ["--config", configuration, "--output", stopped, "--resume", "auto"] + options)
                try #require(part.exitCode == 0, "\(part)")
            }
            #expect(try DTrainRun.results(stopped).weights == runs[0].weights)
            // It learns, and evaluation sees what the run saw.
            let end = try #require(runs[0].metrics.last)
            func value(_ key: String) -> Double? {
                end.split(separator: " ").first { $0.hasPrefix(key) }.flatMap {
                    Double($0.dropFirst(key.count))
                }
            }
            #expect(try #require(value("test_r2=")) > 0.95 && value("validation_r2=") != nil, "\(end)")
            let evaluated = try DTrainRun.run(2, ["evaluate", data.path("run-1")])
            let object =
                try JSONSerialization.jsonObject(with: Data(evaluated.standardOutput.utf8)) as? [String: Any]
            #expect(
                try abs(#require(object?["loss"] as? Double) - #require(value("test_loss="))) < 1e-12,
                "\(evaluated)")
            for command in [["diagnose", data.path("run-1"), "--json"], ["report", data.path("run-1")]] {
                let output = command[0] == "report" ? ["--output", data.path("report.html")] : []
                let run = try DTrainRun.run(1, command + output)
                #expect(run.exitCode == 0, "\(run)")
            }
        }

        /// Whatever words a table holds, its features are those of the training set; other words are none.
        @Test func predictionKnowsTheWordsOfTheTrainingSet() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.flats(data)
            let output = data.path("run")
            let run = try DTrainRun.run(
                2,
                ["--config", try data.write("flats.yaml", text: Self.configuration), "--output", output])
            try #require(run.exitCode == 0, "\(run)")
            func predict(_ text: String, ranks: Int = 1) throws -> ProcessResult {
                try data.write("new.csv", text: text)
                return try DTrainRun.run(ranks, ["predict", output, "--data", data.path("new.csv")])
            }
            let one = try predict("state,city,size\nnew,Cologne,4\n")
            #expect(Self.prices(one).count == 1 && abs(Self.prices(one)[0] - 15) < 2, "\(one)")
            // An unknown word, an empty field and a number are the same; more rows change nothing.
            let others = "city,size,state\nParis,4,new\n,4,new\n12,4,new\nCologne,4,new\n"
            let several = Self.prices(try predict(others))
            try #require(several.count == 4)
            #expect(several[0] == several[1] && several[0] == several[2] && several[3] != several[0])
            #expect(several[3] == Self.prices(one)[0])
            #expect(Self.prices(try predict(others, ranks: 3)) == several)
            for (text, says) in [
                ("city,size,state\nBonn,large,new\n", "new.csv:2:2: expected a number in column \"size\""),
                ("size,state\n4,new\n", "expected column \"city\" of the training set"),
            ] {
                let bad = try predict(text)
                #expect(bad.exitCode == 65 && bad.standardError.contains(says), "\(bad)")
            }
            // Weights without the description that training wrote read the training set again.
            try FileManager.default.removeItem(atPath: output + "/normalization.json")
            let lost = try predict(others)
            #expect(lost.exitCode == 65 && lost.standardError.contains("normalization.json"), "\(lost)")
        }

        /// Without a scaling, the words are found in the training set if nothing but weights was kept.
        @Test func weightsAlone() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.flats(data)
            let output = data.path("run")
            let run = try DTrainRun.run(
                2,
                [
                    "--config", try data.write("flats.yaml", text: Self.configuration), "--output", output,
                    "--set", "data.normalize=none",
                ])
            try #require(run.exitCode == 0, "\(run)")
            try data.write("new.csv", text: "city,size,state\nCologne,4,new\nParis,2,\n")
            let call = ["predict", output, "--data", data.path("new.csv")]
            let known = Self.prices(try DTrainRun.run(1, call))
            try FileManager.default.removeItem(atPath: output + "/normalization.json")
            let found = try DTrainRun.run(2, call)
            #expect(known.count == 2 && Self.prices(found) == known, "\(found)")
        }
    }
}
