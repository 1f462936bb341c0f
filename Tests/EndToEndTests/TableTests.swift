import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// Data that stands in CSV files, through training, evaluation and prediction.
    @Suite struct Tables {
        /// Houses whose price is 3·rooms − age/20 + a little, in two files, and a test set.
        private static func houses(_ data: TestData) throws {
            func text(_ rows: Range<Int>) -> String {
                "id,rooms,age,always,price\r\n"
                    + rows.map { i in
                        let (rooms, age) = (i * 7 % 8 + 1, Double(i * 37 % 101) + 0.25)
                        let price = 3 * Double(rooms) - age / 20 + Double(i * 13 % 11) / 100
                        return "\"house, \(i)\",\(rooms),\(age),1,\(price)\r\n"
                    }.joined()
            }
            try data.write("a.csv", text: text(0..<100))
            try data.write("b.csv", text: text(100..<137))
            try data.write("test.csv", text: text(200..<240))
        }

        private static let regression = """
            data:
              train: {format: csv, files: [a.csv, b.csv], label: price, task: regression, ignore: id}
              test: {format: csv, files: test.csv, label: price, task: regression, ignore: id}
              normalize: whiten
            model: [{linear: 8}, tanh, {linear: 1}]
            loss: mse
            optimizer: {name: adam, lr: 0.05}
            training: {epochs: 30, batch: 27, shards: 8, seed: 1}
            """

        @Test func regressionHasTheSameBytes() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.houses(data)
            let configuration = try data.write("houses.yaml", text: Self.regression)
            var runs: [DTrainRun.Results] = []
            var lines: Set<String> = []
            for ranks in [1, 3] {
                let output = data.path("run-\(ranks)")
                let run = try DTrainRun.run(ranks, ["--config", configuration, "--output", output])
                try #require(run.exitCode == 0, "\(run)")
                runs.append(try DTrainRun.results(output))
                lines.insert(try DTrainRun.run(ranks, ["evaluate", output]).standardOutput)
            }
            #expect(runs[0] == runs[1] && lines.count == 1)
            let whitening = try [1, 3].map {
                try Data(contentsOf: URL(fileURLWithPath: data.path("run-\($0)/whitening.safetensors")))
            }
            #expect(whitening[0] == whitening[1])
            // It learns: prices vary by some 50.
            let object =
                try JSONSerialization.jsonObject(with: Data((lines.first ?? "").utf8)) as? [String: Any]
            #expect(try #require(object?["count"] as? Double) == 40)
            #expect(try #require(object?["loss"] as? Double) < 5)
            #expect(try #require(object?["r2"] as? Double) > 0.9)
            // What evaluation saw is what the run reported last.
            let reported = runs[0].metrics.last?.split(separator: " ").first { $0.hasPrefix("test_loss=") }
            let loss = try #require(reported.flatMap { Double($0.dropFirst("test_loss=".count)) })
            #expect(try abs(loss - #require(object?["loss"] as? Double)) < 1e-12)
            #expect(runs[0].metrics.last?.contains("test_r2=") == true)
            // Prediction needs no price, and takes a file of features alone.
            let predicted = try DTrainRun.run(2, ["predict", data.path("run-1")])
            try data.write("new.csv", text: "rooms,age,always\n1,100,1\n8,0,1\n")
            let new = try DTrainRun.run(
                1, ["predict", data.path("run-1"), "--data", "{format: csv, files: \(data.path("new.csv"))}"])
            #expect(predicted.exitCode == 0 && predicted.standardOutput.split(separator: "\n").count == 41)
            let values = new.standardOutput.split(separator: "\n").dropFirst().map {
                Double($0.split(separator: ",")[1]) ?? .nan
            }
            try #require(values.count == 2, "\(new)")
            #expect(abs(values[0] + 2) < 6 && abs(values[1] - 24) < 6)
        }

        /// Classes are words; an evaluated file that lacks some of them, or starts with others, keeps their numbers.
        @Test func classesStayWhatTheyAre() throws {
            let data = try TestData()
            defer { data.remove() }
            func text(_ rows: Range<Int>, _ words: [String]) -> String {
                "x,y,kind\n" + rows.map { "\($0 % 3).5,\(Double($0 % 7) / 7),\(words[$0 % 3])\n" }.joined()
            }
            try data.write("train.csv", text: text(0..<90, ["dog", "ant", "cat"]))
            try data.write("cats.csv", text: "x,y,kind\n2.5,0.1,cat\n2.5,0.9,cat\n")
            try data.write("birds.csv", text: "x,y,kind\n2.5,0.1,cat\n1.5,0.1,bird\n")
            try data.write("renamed.csv", text: "y,X,kind\n0.1,2.5,cat\n")
            let configuration = try data.write(
                "kinds.yaml",
                text: """
                    data:
                      train: {format: csv, files: train.csv, label: kind}
                      test: {format: csv, files: cats.csv, label: kind}
                    model: [{linear: 3}]
                    optimizer: {name: adam, lr: 0.3}
                    training: {epochs: 20, batch: 30}
                    """)
            let output = data.path("run")
            let run = try DTrainRun.run(2, ["--config", configuration, "--output", output])
            try #require(run.exitCode == 0, "\(run)")
            let cats = try DTrainRun.run(1, ["evaluate", output])
            #expect(
                cats.standardOutput.contains("\"count\":2,") && cats.standardOutput.contains("\"accuracy\":1")
            )
            // ant, cat and dog are 0, 1 and 2.
            let classes = try DTrainRun.run(1, ["predict", output]).standardOutput.split(separator: "\n")
            #expect(classes.first?.hasPrefix("index,class,label,output_0") == true)
            #expect(classes.dropFirst().map { $0.split(separator: ",")[1...2].joined() } == ["1cat", "1cat"])
            for (file, says) in [
                (
                    "birds.csv",
                    "birds.csv:3:3: expected a class of the training set in column \"kind\", found \"bird\""
                ),
                (
                    "renamed.csv",
                    "expected column \"x\" of the training set, found \"y\", \"X\", \"kind\","
                ),
            ] {
                let bad = try DTrainRun.run(
                    2,
                    ["evaluate", output, "--data", "{format: csv, files: \(data.path(file)), label: kind}"])
                #expect(bad.exitCode == 65 && bad.standardError.contains(says), "\(bad)")
            }
        }

        /// Columns of a test set and of what is predicted are told by their names, and what is too much is named.
        @Test func columnsMayStandInAnyOrder() throws {
            let data = try TestData()
            defer { data.remove() }
            let rows = (0..<60).map { (x: "\($0 % 7).25", z: "\($0 * 37 % 101).123", y: "\($0 % 2).0") }
            try data.write("train.csv", text: "x,z,y\n" + rows.map { "\($0.x),\($0.z),\($0.y)\n" }.joined())
            try data.write("turned.csv", text: "y,z,x\n" + rows.map { "\($0.y),\($0.z),\($0.x)\n" }.joined())
            try data.write("wide.csv", text: "id,z,x\n" + rows.map { "a,\($0.z),\($0.x)\n" }.joined())
            try data.write("bare.csv", text: rows.map { "\($0.x),\($0.z),7\n" }.joined())
            let configuration = try data.write(
                "run.yaml",
                text: """
                    data:
                      train: {format: csv, files: train.csv, label: y, task: regression}
                      validation: {format: csv, files: train.csv, label: y, task: regression}
                      test: {format: csv, files: turned.csv, label: y, task: regression}
                    model: [{linear: 3}, tanh, {linear: 1}]
                    loss: mse
                    training: {epochs: 2, batch: 20}
                    """)
            let output = data.path("run")
            let run = try DTrainRun.run(2, ["--config", configuration, "--output", output])
            try #require(run.exitCode == 0, "\(run)")
            let end = try #require(try DTrainRun.results(output).metrics.last)
            func value(_ key: String) -> Substring? {
                end.split(separator: " ").first { $0.hasPrefix(key) }?.split(separator: "=").last
            }
            #expect(value("test_loss=") != nil && value("test_loss=") == value("validation_loss="), "\(end)")
            func predict(_ file: String, _ options: String = "") throws -> ProcessResult {
                try DTrainRun.run(
                    1, ["predict", output, "--data", "{format: csv, files: \(data.path(file))\(options)}"])
            }
            let plain = try predict("train.csv", ", ignore: [y]")
            #expect(
                plain.exitCode == 0 && plain.standardOutput.split(separator: "\n").count == 61, "\(plain)")
            #expect(try predict("turned.csv", ", ignore: [y]").standardOutput == plain.standardOutput)
            #expect(try predict("wide.csv", ", ignore: [id]").standardOutput == plain.standardOutput)
            for (file, options, says) in [
                (
                    "wide.csv", "",
                    "wide.csv:1:1: expected the features of the training set, found column \"id\", which is none of them, leave it out with --data '{format: csv, files: "
                ),
                (
                    "bare.csv", ", header: false",
                    "bare.csv has 3 features, the model's training set 2 (\"x\", \"z\")"
                ),
            ] {
                let bad = try predict(file, options)
                #expect(bad.exitCode == 65 && bad.standardError.contains(says), "\(bad)")
            }
        }

        /// Unix times a second apart are different inputs, in training, evaluation and prediction, at any number of ranks.
        @Test func longNumbersStayApart() throws {
            let data = try TestData()
            defer { data.remove() }
            let rows = (0..<80).map { "\(1_700_000_000 + $0 * 37 % 80),\($0 % 7).25,\($0 % 2)\n" }
            try data.write("train.csv", text: "time,x,y\n" + rows.joined())
            try data.write("one.csv", text: "x,time\n" + "2.25,1700000003\n2.25,1700000004\n")
            let configuration = try data.write(
                "run.yaml",
                text: """
                    data:
                      train: {format: csv, files: train.csv, label: y, task: regression}
                      test: {format: csv, files: train.csv, label: y, task: regression}
                    model: [{linear: 1}]
                    loss: mse
                    training: {epochs: 2, batch: 20}
                    """)
            var runs: [DTrainRun.Results] = []
            for ranks in [1, 3] {
                let output = data.path("run-\(ranks)")
                let run = try DTrainRun.run(ranks, ["--config", configuration, "--output", output])
                try #require(run.exitCode == 0 && !run.standardError.contains("warning"), "\(run)")
                runs.append(try DTrainRun.results(output))
            }
            #expect(runs[0] == runs[1])
            let predicted = try DTrainRun.run(
                2,
                ["predict", data.path("run-3"), "--data", "{format: csv, files: \(data.path("one.csv"))}"])
            let values = predicted.standardOutput.split(separator: "\n").dropFirst().map {
                $0.split(separator: ",")[1]
            }
            #expect(values.count == 2 && Set(values).count == 2, "\(predicted)")
            // The scaling is in the data's own units.
            let scaling = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: data.path("run-1/normalization.json"))))
            let center = ((scaling as? [String: Any])?["scaling"] as? [String: Any])?["center"] as? [Double]
            #expect(try abs(#require(center?.first) - 1_700_000_039.5) < 1e-5)
            // Without a scaling nothing keeps them apart.
            let raw = try DTrainRun.run(
                2,
                [
                    "--config", configuration, "--output", data.path("raw"), "--set", "data.normalize=none",
                    "--set", "optimizer={name: sgd, lr: 1.0e-30}",
                ])
            let warnings = raw.standardError.split(separator: "\n").filter {
                $0.hasPrefix("dtrain: warning:")
            }
            #expect(raw.exitCode == 0 && warnings.count == 1, "\(raw)")
            #expect(warnings.first?.contains("column \"time\" (1700000000 and 1700000001)") == true)
        }

        /// A quoted field may hold quotation marks, and a class be called by one.
        @Test func classesMayHoldQuotationMarks() throws {
            let data = try TestData()
            defer { data.remove() }
            let words = ["\"ha \"\"ha\"\" ha\"", "b", "\"\"\"c\""]
            try data.write(
                "train.csv",
                text: "x,\"the \"\"y\"\"\",kind\n"
                    + (0..<60).map { "\($0 % 3).5,\($0 % 5),\(words[$0 % 3])\n" }.joined())
            let configuration = try data.write(
                "run.yaml",
                text: """
                    data:
                      train: {format: csv, files: train.csv, label: kind}
                    model: [{linear: 16}, tanh, {linear: 3}]
                    optimizer: {name: adam, lr: 0.1}
                    training: {epochs: 20, batch: 20}
                    """)
            let output = data.path("run")
            let run = try DTrainRun.run(2, ["--config", configuration, "--output", output])
            try #require(run.exitCode == 0, "\(run)")
            let description = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: output + "/normalization.json")))
            #expect(
                (description as? [String: Any])?["classNames"] as? [String] == ["\"c", "b", "ha \"ha\" ha"])
            #expect((description as? [String: Any])?["featureNames"] as? [String] == ["x", "the \"y\""])
            let predicted = try DTrainRun.run(1, ["predict", output, "--data", "train"])
            let labels = predicted.standardOutput.split(separator: "\n").dropFirst().prefix(3)
            #expect(labels.map { String($0.split(separator: ",")[2]) } == words, "\(predicted)")
            let evaluated = try DTrainRun.run(2, ["evaluate", output, "--data", "train"])
            #expect(evaluated.standardOutput.contains("\"count\":60,"), "\(evaluated)")
            #expect(evaluated.standardOutput.contains("\"accuracy\":1"), "\(evaluated)")
        }

        @Test func badRowsAreOneLine() throws {
            let data = try TestData()
            defer { data.remove() }
            try Self.houses(data)
            let configuration = try data.write("houses.yaml", text: Self.regression)
            let good = try String(contentsOfFile: data.path("a.csv"), encoding: .utf8)
            for (text, says) in [
                (good + "x,3,abc,1,4\r\n", "a.csv:102:3: expected a number in column \"age\", found \"abc\""),
                (good + "x,3,,1,4\r\n", "a.csv:102:3: expected a value"),
                (
                    good.replacingOccurrences(of: "price", with: "Price"),
                    "expected column \"price\", found \"id\", \"rooms\", \"age\", \"always\", \"Price\","
                ),
                (good.replacingOccurrences(of: "price", with: "\"Pri ce\""), "did you mean \"Pri ce\"?"),
            ] {
                try data.write("a.csv", text: text)
                let run = try DTrainRun.run(3, ["--config", configuration, "--output", data.path("run")])
                let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
                #expect(run.exitCode == 65 && lines.count == 1 && lines[0].contains(says), "\(run)")
            }
        }
    }
}
