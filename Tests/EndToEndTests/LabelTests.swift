import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// What labels are taken as, what is said of odd ones, and files of other formats.
    @Suite struct Labels {
        private static let count = 137

        /// Class labels of `TestData` in other forms, and other labels.
        private static func data() throws -> TestData {
            let data = try TestData(count: count)
            let labels = (0..<count).map { Int64($0 * 7 % 4) }
            try data.write("column.npy", labels, shape: [count, 1])
            try data.write("floats.npy", shape: [count], labels.map(Float.init))
            try data.write("float-column.npy", shape: [count, 1], labels.map(Float.init))
            try data.write(
                "one-hot.npy", shape: [count, 4],
                labels.flatMap { label in (0..<4).map { $0 == label ? 1 : 0 } })
            try data.write("wrong.npy", labels.enumerated().map { $0 == 17 ? 9 : $1 })
            try data.write(
                "fraction.npy", shape: [count], labels.enumerated().map { $0 == 5 ? 1.75 : Float($1) })
            try data.write(
                "large.npy", shape: [count, 1], labels.enumerated().map { $0 == 9 ? 1.75 : Float($1 % 2) })
            let prices = (0..<count).map { Int64($0 * 1000 + 100_000) }
            try data.write("prices.npy", prices)
            try data.write("float-prices.npy", shape: [count], prices.map(Float.init))
            try data.write(
                "prices.csv",
                text: "a,b,price\n" + prices.map { "\($0 % 7),\($0 / 7919 % 5).5,\($0)\n" }.joined())
            try data.write("zeros.npy", Array(repeating: 0, count: count))
            return data
        }

        private static func text(
            _ labels: String, model: String, loss: String, features: String = "rows.npy", test: String? = nil
        ) -> String {
            """
            data:
              train: {format: npy, features: \(features), labels: \(labels)}
            \(test.map { "  test: {format: npy, features: \(features), labels: \($0)}\n" } ?? "")\
            model: \(model)
            loss: \(loss)
            optimizer: {name: sgd, lr: 0.01}
            training: {epochs: 1, batch: 32}

            """
        }

        private static func train(_ data: TestData, _ text: String, ranks: Int = 0) throws -> ProcessResult {
            let configuration = try data.write("labels.yaml", text: text)
            return try DTrainRun.run(
                ranks, ["--config", configuration, "--output", data.path("run"), "--overwrite"])
        }

        private static func results(_ data: TestData, _ text: String, ranks: Int = 0) throws
            -> DTrainRun.Results
        {
            let run = try train(data, text, ranks: ranks)
            try #require(run.exitCode == 0, "\(run)")
            return try DTrainRun.results(data.path("run"))
        }

        @Test func classesInAnyFormHaveTheSameBytes() throws {
            let data = try Self.data()
            defer { data.remove() }
            func results(_ labels: String, ranks: Int = 0) throws -> DTrainRun.Results {
                try Self.results(
                    data,
                    Self.text(labels, model: "[{linear: 4}]", loss: "cross_entropy", test: labels),
                    ranks: ranks)
            }
            let plain = try results("labels.npy")
            for labels in ["column.npy", "floats.npy", "float-column.npy"] {
                #expect(try results(labels) == plain, "\(labels)")
            }
            #expect(try results("floats.npy", ranks: 3) == plain)
            let evaluated = try DTrainRun.run(
                2,
                [
                    "evaluate", data.path("run"), "--data",
                    "{format: npy, features: \(data.path("rows.npy")), labels: \(data.path("float-column.npy"))}",
                ])
            #expect(
                evaluated.exitCode == 0 && evaluated.standardOutput.contains("\"accuracy\""), "\(evaluated)")
        }

        /// With one output, losses that compare numbers take whole numbers for what they are.
        @Test func wholeNumbersAreNumbers() throws {
            let data = try Self.data()
            defer { data.remove() }
            for loss in ["mse", "l1", "huber", "smooth_l1"] {
                let text = Self.text("prices.npy", model: "[{linear: 1}]", loss: loss, test: "prices.npy")
                let floats = text.replacingOccurrences(of: "prices.npy", with: "float-prices.npy")
                #expect(try Self.results(data, text) == Self.results(data, floats), "\(loss)")
            }
            // A table finds the same in its labels, as its own text and as that of the finished run say.
            let table = """
                data:
                  train: {format: csv, files: prices.csv, label: price}
                  test: {format: csv, files: prices.csv, label: price}
                model: [{linear: 1}]
                loss: l1
                training: {epochs: 1, batch: 32}
                """
            let found = try Self.results(data, table, ranks: 2)
            #expect(found.metrics.last?.contains("test_mae=") == true, "\(found.metrics)")
            let said = table.replacingOccurrences(of: "label: price", with: "label: price, task: regression")
            #expect(try Self.results(data, said) == found)
            let own = try DTrainRun.run(
                0, ["--config", data.path("run/config.yaml"), "--output", data.path("again")])
            try #require(own.exitCode == 0, "\(own)")
            #expect(try DTrainRun.results(data.path("again")) == found)
            // What labels are can be said: classes as one-hot rows with one output do not fit.
            let classes = try Self.train(
                data, Self.text("labels.npy, task: classification", model: "[{linear: 1}]", loss: "mse"))
            #expect(classes.exitCode == 78 && classes.standardError.contains("4 classes"), "\(classes)")
            let numbers = try Self.results(
                data,
                Self.text(
                    "labels.npy, task: regression", model: "[{linear: 1}]", loss: "mse", test: "labels.npy"))
            #expect(numbers.metrics.last?.contains("test_r2=") == true)
        }

        /// Floats of the outputs' shape are probabilities of classes, also where all of them are 0 or 1.
        @Test func oneHotRowsAreProbabilities() throws {
            let data = try Self.data()
            defer { data.remove() }
            let run = try Self.train(
                data, Self.text("one-hot.npy", model: "[{linear: 4}]", loss: "cross_entropy"))
            #expect(run.exitCode == 0, "\(run)")
            #expect(
                run.standardOutput.contains(
                    "one-hot.npy, taken as probabilities: as class indices, of numpy.argmax(labels, axis=1)"),
                "\(run)")
        }

        struct Mistake: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let labels: String
            var test: String?
            let model: String
            let loss: String
            var code: Int32 = 78
            let says: [String]
            var saysNot: String?
        }

        static let mistakes = [
            Mistake(
                testDescription: "a fraction for a class", labels: "fraction.npy", model: "[{linear: 4}]",
                loss: "cross_entropy", says: ["label 1.75 of example 5", "fraction.npy", "loss: mse"]),
            Mistake(
                testDescription: "two kinds of labels", labels: "labels.npy", test: "fraction.npy",
                model: "[{linear: 4}]", loss: "cross_entropy", code: 65,
                says: ["fraction.npy has labels of another kind than ", "labels.npy"], saysNot: "rows.npy"),
            Mistake(
                testDescription: "a class that was not trained on", labels: "labels.npy", test: "wrong.npy",
                model: "[{linear: 4}]", loss: "cross_entropy", code: 65,
                says: ["the label of example 17 is 9, ", "wrong.npy"], saysNot: "rows.npy"),
            Mistake(
                testDescription: "a class too many", labels: "wrong.npy", model: "[{linear: 4}]",
                loss: "cross_entropy", says: ["the label 9 is a mistake", "example 17 of ", "wrong.npy"]),
            Mistake(
                testDescription: "a target out of range", labels: "large.npy", model: "[{linear: 1}]",
                loss: "binary_cross_entropy", code: 65,
                says: ["target 0 of example 9 is 1.75", "large.npy"], saysNot: "rows.npy"),
            Mistake(
                testDescription: "weights of the loss", labels: "labels.npy", model: "[{linear: 4}]",
                loss: "{name: cross_entropy, class_weights: [1, 2]}",
                says: ["labels.yaml:4: loss: class_weights has 2 weights, the model has 4 outputs"]),
            Mistake(
                testDescription: "numbers under cross-entropy", labels: "prices.npy", model: "[{linear: 1}]",
                loss: "cross_entropy", says: ["set task: regression", "such as mse"],
                saysNot: "linear: 236001"),
            Mistake(
                testDescription: "numbers with two outputs", labels: "prices.npy", model: "[{linear: 2}]",
                loss: "huber", says: ["set task: regression", "linear: 1"], saysNot: "linear: 236001"),
        ]

        @Test(arguments: mistakes) func labelsAreFoundWhereTheyStand(mistake: Mistake) throws {
            let data = try Self.data()
            defer { data.remove() }
            let run = try Self.train(
                data, Self.text(mistake.labels, model: mistake.model, loss: mistake.loss, test: mistake.test),
                ranks: 2)
            let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
            try #require(run.exitCode == mistake.code && lines.count == 1, "\(run)")
            for text in mistake.says { #expect(lines[0].contains(text), "\(lines)") }
            if let text = mistake.saysNot { #expect(!lines[0].contains(text), "\(lines)") }
        }

        /// A table's labels: too many of them, missing ones, and bytes that are no UTF-8.
        @Test func labelsOfTables() throws {
            let data = try Self.data()
            defer { data.remove() }
            let words = (0..<30).map { $0 % 10 == 9 ? "NA" : "\($0 % 2)" }
            try data.write("na.csv", text: "x,y\n" + words.enumerated().map { "\($0)," + $1 + "\n" }.joined())
            let latin = Data("x,y\n1,caf".utf8) + Data([0xe9]) + Data("\n2,tea\n".utf8)
            try latin.write(to: URL(fileURLWithPath: data.path("latin.csv")))
            func run(_ file: String, _ label: String, outputs: Int) throws -> ProcessResult {
                try Self.train(
                    data,
                    """
                    data: {train: {format: csv, files: \(file), label: \(label)}}
                    model: [{linear: \(outputs)}]
                    training: {epochs: 1}
                    """)
            }
            let prices = try run("prices.csv", "price", outputs: 1)
            #expect(
                prices.exitCode == 78 && prices.standardError.contains("set task: regression"), "\(prices)")
            let message = prices.standardError.replacingOccurrences(of: data.path(""), with: "")
            #expect(!message.contains("136") && !message.contains("linear: 137"))
            let few = try run("na.csv", "y", outputs: 2)
            #expect(
                few.exitCode == 78 && few.standardError.contains("the classes are \"0\", \"1\", \"NA\"")
                    && few.standardError.contains("is in 3 rows"), "\(few)")
            let all = try run("na.csv", "y", outputs: 3)
            #expect(
                all.exitCode == 0
                    && all.standardOutput.contains(
                        "dtrain: note: the label \"NA\" counts as a class of its own, in 3 of 30 examples"),
                "\(all)"
            )
            let bytes = try run("latin.csv", "y", outputs: 2)
            #expect(
                bytes.exitCode == 65
                    && bytes.standardError.contains("latin.csv:2:2: expected UTF-8 text")
                    && bytes.standardError.contains("iconv -f WINDOWS-1252 -t UTF-8"), "\(bytes)")
            let configuration = Data("model: mlp\n# caf".utf8) + Data([0xe9])
            try configuration.write(to: URL(fileURLWithPath: data.path("latin.yaml")))
            let read = try DTrainRun.run(0, ["--config", data.path("latin.yaml")])
            #expect(
                read.exitCode == 78 && read.standardError.contains("latin.yaml:2: the file is no UTF-8 text")
                    && read.standardError.contains("iconv"), "\(read)")
        }

        /// One note each, and none for what is as it should be.
        @Test func oddModelsAndDataAreNoted() throws {
            let data = try Self.data()
            defer { data.remove() }
            let pixels = (0..<Self.count * 192).map { Float($0 * 7919 % 997) / 997 }
            try data.write("last.npy", shape: [Self.count, 8, 8, 3], pixels)
            let convolution = "[{conv2d: {out: 4, kernel: 3}}, flatten, {linear: 4}]"
            for (labels, model, loss, features, note) in [
                ("labels.npy", "[{linear: 4}, softmax]", "cross_entropy", "rows.npy", "ends in softmax"),
                (
                    "labels.npy", "[{linear: 4}, relu, {dropout: 0.1}]", "cross_entropy", "rows.npy",
                    "ends in relu"
                ),
                (
                    "labels.npy", "[{linear: 4}, sigmoid]", "binary_cross_entropy", "rows.npy",
                    "ends in sigmoid"
                ),
                ("labels.npy", "[{linear: 4}, relu]", "binary_cross_entropy", "rows.npy", "ends in relu"),
                (
                    "zeros.npy", "[{linear: 4}]", "cross_entropy", "rows.npy",
                    "all 137 training examples are of class 0"
                ),
                ("labels.npy", convolution, "cross_entropy", "last.npy", "numpy.transpose(x, (0, 3, 1, 2))"),
                ("labels.npy", "[{linear: 4}, log_softmax]", "cross_entropy", "rows.npy", nil),
                ("labels.npy", "[{linear: 4}, softmax]", "mse", "rows.npy", nil),
                ("labels.npy", "[{linear: 4}, relu, {linear: 4}]", "cross_entropy", "rows.npy", nil),
                ("labels.npy", convolution, "cross_entropy", "images.npy", nil),
            ] {
                let run = try Self.train(
                    data, Self.text(labels, model: model, loss: loss, features: features))
                // The rows come in 65 kinds, so that those of one class repeat.
                let notes = run.standardOutput.split(separator: "\n").filter {
                    $0.hasPrefix("dtrain: note:")
                        && !(labels == "zeros.npy" && $0.contains("repeat another one"))
                }
                #expect(run.exitCode == 0 && notes.count == (note == nil ? 0 : 1), "\(model) \(loss): \(run)")
                if let note { #expect(notes.first?.contains(note) == true, "\(notes)") }
            }
        }

        @Test func aLossThatIsNotFiniteNamesLargeTargets() throws {
            let data = try Self.data()
            defer { data.remove() }
            let run = try Self.train(
                data, Self.text("float-prices.npy", model: "[{linear: 32}, relu, {linear: 1}]", loss: "mse"),
                ranks: 2)
            #expect(
                run.exitCode == 79 && run.standardError.contains("the targets are large, of mean 1.68e+05")
                    && run.standardError.contains("scale them"), "\(run)")
        }

        /// Weights so large that outputs are infinities less infinities.
        @Test func aNaNIsPrintedWithoutSign() throws {
            let data = try Self.data()
            defer { data.remove() }
            _ = try Self.results(data, Self.text("labels.npy", model: "[{linear: 4}]", loss: "cross_entropy"))
            var writer = SafetensorsWriter()
            try writer.add(
                name: "0.weight", shape: [4, 6], floats: (0..<24).map { $0 % 2 == 0 ? 3e38 : -3e38 })
            try writer.add(name: "0.bias", shape: [4], floats: [0, 0, 0, 0])
            try writer.write(to: data.path("run/weights.safetensors"))
            let table = try DTrainRun.run(0, ["evaluate", data.path("run"), "--table"])
            let dry = try DTrainRun.run(
                0,
                [
                    "--config", data.path("labels.yaml"), "--dry-run", "--set",
                    "init.weights=\(data.path("run/weights.safetensors"))",
                ])
            for run in [table, dry] {
                #expect(
                    run.exitCode == 0 && run.standardOutput.contains("nan")
                        && !run.standardOutput.contains("-nan"), "\(run)")
            }
        }

        /// A PyTorch file where a safetensors file belongs.
        @Test func pickledWeightsAreNamed() throws {
            let data = try Self.data()
            defer { data.remove() }
            _ = try Self.results(data, Self.text("labels.npy", model: "[{linear: 4}]", loss: "cross_entropy"))
            let zip = [0x50, 0x4b, 3, 4] + Array(repeating: 0, count: 26) + Array("archive/data.pkl".utf8)
            try Data(zip).write(to: URL(fileURLWithPath: data.path("model.pt")))
            let configuration = data.path("labels.yaml")
            for arguments in [
                [
                    "--config", configuration, "--set", "init.weights=\(data.path("model.pt"))", "--output",
                    data.path("x"),
                ],
                ["evaluate", data.path("model.pt"), "--config", configuration],
                ["predict", data.path("model.pt"), "--config", configuration],
            ] {
                let run = try DTrainRun.run(2, arguments)
                let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
                #expect(
                    run.exitCode == 65 && lines.count == 1 && lines[0].contains("PyTorch file")
                        && lines[0].contains("safetensors.torch.save_file"), "\(run)")
            }
        }

        @Test func sequencesTakeInstanceNorm() throws {
            let data = try Self.data()
            defer { data.remove() }
            let values = (0..<Self.count * 30).map { Float($0 * 7919 % 997) / 97 }
            try data.write("sequences.npy", shape: [Self.count, 5, 6], values)
            let text = Self.text(
                "labels.npy", model: "[{instance_norm: {affine: true}}, gelu, flatten, {linear: 4}]",
                loss: "cross_entropy", features: "sequences.npy")
            #expect(try Self.results(data, text) == Self.results(data, text, ranks: 3))
        }
    }
}
