import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// Data that stands in CSV files, through training, evaluation and prediction.
    @Suite(.serialized) struct Tables {
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
            try data.write("swapped.csv", text: "y,x,kind\n0.1,2.5,cat\n")
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
                ("swapped.csv", "has \"y\" as feature 0"),
            ] {
                let bad = try DTrainRun.run(
                    2,
                    ["evaluate", output, "--data", "{format: csv, files: \(data.path(file)), label: kind}"])
                #expect(bad.exitCode == 65 && bad.standardError.contains(says), "\(bad)")
            }
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
                (good.replacingOccurrences(of: "price", with: "prize"), "expected column \"price\""),
            ] {
                try data.write("a.csv", text: text)
                let run = try DTrainRun.run(3, ["--config", configuration, "--output", data.path("run")])
                let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
                #expect(run.exitCode == 65 && lines.count == 1 && lines[0].contains(says), "\(run)")
            }
        }
    }
}
