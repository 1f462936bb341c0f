import Foundation
import FoundationXML
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// The page that `dtrain report` makes of runs.
    @Suite struct Report {
        /// Trains the small convolutional network.
        private func train(
            _ data: TestData, _ name: String, ranks: Int = 1, _ options: [String] = [], model: String = "cnn"
        ) throws {
            let run = try DTrainRun.run(
                ranks,
                [
                    "--config", try SameBytes.configuration(data, model), "--output", data.path(name),
                    "--overwrite",
                ]
                    + options)
            try #require(run.exitCode == 0, "\(run)")
        }

        /// Makes a page and holds it against what every page has to be.
        private func page(_ data: TestData, _ runs: [String], output: String = "report.html") throws -> String
        {
            let run = try DTrainRun.run(
                0, ["report"] + runs.map(data.path) + ["--output", data.path(output)])
            try #require(run.exitCode == 0 && run.standardError.isEmpty, "\(run)")
            let text = try String(contentsOfFile: data.path(output), encoding: .utf8)
            let parser = XMLParser(data: Data(text.utf8))
            #expect(parser.parse(), "\(String(describing: parser.parserError)) at line \(parser.lineNumber)")
            // Nothing is loaded, and nothing runs.
            for reference in ["http:", "https:", "src=\"/", "url(", "@import", "<script", "<link", "<iframe"]
            {
                #expect(!text.contains(reference), "\(reference)")
            }
            #expect(text.contains("prefers-color-scheme: dark") && text.contains("@media print"))
            return text
        }

        @Test func aRun() throws {
            let data = try TestData()
            defer { data.remove() }
            try train(data, "run", ranks: 2)
            let text = try page(data, ["run"])
            for part in [
                "<title>Run run</title>", "Finished, 2 of 2 epochs, 10 steps,", ">Loss</figcaption>",
                ">Accuracy</figcaption>", ">Learning rate</figcaption>", ">Norm of the gradient</figcaption>",
                ">Training examples a second</figcaption>", "tabindex=\"0\"", "<title>step ",
                "Which classes were taken for which", "How often it is right, by how sure it is",
                "name: sgd, lr: 0.05",
            ] { #expect(text.contains(part), "\(part)") }
            #expect(!text.contains("id=\"diagnosis\""))
            // The largest class has its number in the table: 35 of 137 examples are of class 0.
            #expect(text.contains("<th scope=\"row\">0</th><td>35</td>"))

            let diagnosed = try DTrainRun.run(1, ["diagnose", data.path("run")])
            try #require(diagnosed.exitCode == 0, "\(diagnosed)")
            let more = try page(data, ["run"])
            #expect(more.contains("id=\"diagnosis\"") && more.contains("Spectrum of the Hessian"))
            #expect(!more.contains("to blame"))
            let why = try DTrainRun.run(1, ["diagnose", data.path("run"), "--why"])
            try #require(why.exitCode == 0, "\(why)")
            #expect(try page(data, ["run"]).contains(">to blame<"))
        }

        /// Pictures of confused examples, as long as the data are where they were.
        @Test func examples() throws {
            let data = try TestData()
            defer { data.remove() }
            // Too few steps to learn anything, so that there are confusions.
            try train(data, "run", ["--steps", "1"])
            #expect(try page(data, ["run"]).contains("<img src=\"data:image/png;base64,iVBORw0KGgo"))
            try FileManager.default.moveItem(atPath: data.path("images.npy"), toPath: data.path("moved.npy"))
            let text = try page(data, ["run"])
            #expect(
                !text.contains("<img")
                    && text.contains("There are no pictures of examples: the data are not found"))
        }

        @Test func severalRuns() throws {
            let data = try TestData()
            defer { data.remove() }
            try train(data, "a/one")
            try train(data, "b/one", ["--set", "optimizer.lr=0.1", "--set", "model.4.dropout=0.5"])
            let text = try page(data, ["a/one", "b/one"])
            for part in [
                "<title>2 runs: a/one, b/one</title>",
                "<th scope=\"row\">optimizer.lr</th><td>0.05</td><td>0.1</td>",
                "<th scope=\"row\">model.4.dropout.p</th><td>0.25</td><td>0.5</td>", "a/one training",
                "b/one test",
                "The test set by example: b/one",
            ] { #expect(text.contains(part), "\(part)") }
        }

        /// A third run has nothing of what the second one has instead of the first one's.
        @Test func otherChoices() throws {
            let data = try TestData()
            defer { data.remove() }
            try train(data, "one")
            try train(data, "adam", ["--set", "optimizer={name: adam, lr: 0.002}"])
            try train(data, "drop", ["--set", "model.4.dropout=0.5"])
            try train(data, "norm", ["--set", "model.4=batch_norm"])
            let text = try page(data, ["one", "adam", "drop", "norm"])
            func row(_ key: String, _ cells: String...) -> String {
                "<th scope=\"row\">\(key)</th>" + cells.map { "<td>\($0)</td>" }.joined()
            }
            for part in [
                row("optimizer.name", "sgd", "adam", "sgd", "sgd"),
                row("optimizer.lr", "0.05", "0.002", "0.05", "0.05"),
                row("optimizer.betas", "none", "[0.9, 0.999]", "none", "none"),
                row("model.4.dropout.p", "0.25", "0.25", "0.5", "–"),
            ] { #expect(text.contains(part), "\(part)") }
            #expect(text.contains("<th scope=\"row\">model.4</th>"))
        }

        /// Early stopping that takes the best epoch's weights back has all numbers of that epoch, and its predictions.
        @Test func restoredWeights() throws {
            let data = try TestData()
            defer { data.remove() }
            let stop = "training.early_stopping={metric: validation_loss, patience: 1, restore_best: true}"
            try train(
                data, "run", ranks: 2,
                [
                    "--set", "training.epochs=40", "--set", stop, "--set", "optimizer.lr=0.4", "--set",
                    "data.validation={fraction: 0.2}",
                ])
            let lines = try String(contentsOfFile: data.path("run/metrics.jsonl"), encoding: .utf8)
                .split(separator: "\n").compactMap {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                }
            let end = try #require(lines.last)
            let restored = try #require(end["restored_epoch"] as? Int, "\(end)")
            let best = try #require(
                lines.first { $0["event"] as? String == "epoch" && $0["epoch"] as? Int == restored })
            #expect(best["validation_loss"] as? Double == end["validation_loss"] as? Double)
            let text = try page(data, ["run"])
            #expect(
                text.contains("The numbers are those of epoch \(restored), whose weights were taken back."))
            let loss = try #require(best["train_loss"] as? Double)
            let shown = String(format: "%.4g", loss).replacingOccurrences(of: "-", with: "−")
            #expect(text.contains("<th scope=\"row\">loss</th><td>\(shown)</td>"))
            try expectPredictions(data, "run", count: 137)
        }

        /// What a run keeps are the predictions of the weights that it ends with, however it ends.
        @Test(arguments: [
            ["--steps", "7"], ["--steps", "5"],
            [
                "--set", "training.epochs=40", "--set", "optimizer.lr=0.4", "--set",
                "data.validation={fraction: 0.2}", "--set",
                "training.early_stopping={metric: validation_loss, patience: 1, restore_best: false}",
            ],
        ]) func predictionsOfTheEnd(options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            try train(data, "run", ranks: 2, options)
            try expectPredictions(data, "run", count: 137)
        }

        private func expectPredictions(_ data: TestData, _ run: String, count: Int) throws {
            let outputs = try SafetensorsFile.read(path: data.path("\(run)/predictions.safetensors"))
                .tensor(named: "outputs")
            let said = try DTrainRun.run(1, ["predict", data.path(run)])
            let rows = said.standardOutput.split(separator: "\n").dropFirst()
            #expect(rows.count == count && outputs.count == 4 * count, "\(said)")
            #expect(rows.flatMap { $0.split(separator: ",")[2...].compactMap { Float($0) } } == outputs)
        }

        /// An earlier report is replaced, a file of another kind is not.
        @Test func otherFilesStay() throws {
            let data = try TestData()
            defer { data.remove() }
            try train(data, "run")
            _ = try page(data, ["run"])
            _ = try page(data, ["run"])
            try data.write("notes.html", text: "<html>mine</html>")
            let refused = try DTrainRun.run(
                0, ["report", data.path("run"), "--output", data.path("notes.html")])
            #expect(
                refused.exitCode == 73 && refused.standardError.contains("is no report: choose another file"),
                "\(refused)")
            #expect(
                try String(contentsOfFile: data.path("notes.html"), encoding: .utf8) == "<html>mine</html>")
            let device = try DTrainRun.run(0, ["report", data.path("run"), "--output", "/dev/null"])
            #expect(device.exitCode == 0, "\(device)")
        }

        @Test func regression() throws {
            let data = try TestData()
            defer { data.remove() }
            let targets = (0..<137).map { Float($0 % 13) / 3 }
            try data.write("targets.npy", shape: [137, 1], targets)
            let configuration = try data.write(
                "line.yaml",
                text: """
                    data:
                      train: {format: npy, features: rows.npy, labels: targets.npy}
                      test: {format: npy, features: rows.npy, labels: targets.npy}
                    model: [{linear: 1}]
                    loss: mse
                    training: {epochs: 2, batch: 20}
                    """)
            let run = try DTrainRun.run(1, ["--config", configuration, "--output", data.path("line")])
            try #require(run.exitCode == 0, "\(run)")
            let text = try page(data, ["line"])
            for part in [
                "Estimates against targets", "Residuals by estimate", "mean absolute error",
                ">R²</figcaption>",
            ] {
                #expect(text.contains(part), "\(part)")
            }
            #expect(!text.contains("Which classes"))
        }

        /// Names of classes and of runs are text, whatever is in them.
        @Test func escapes() throws {
            let data = try TestData()
            defer { data.remove() }
            let names = ["<script>alert(1)</script>", "a & b", "it's <b>"]
            var table = "x,y,label\n"
            for row in 0..<60 { table += "\(row % 7),\(row % 3),\(names[row * 5 % 3])\n" }
            try data.write("table.csv", text: table)
            let configuration = try data.write(
                "table.yaml",
                text: """
                    data:
                      train: {format: csv, files: table.csv, label: label}
                      test: {format: csv, files: table.csv, label: label}
                    model: [{linear: 3}]
                    training: {epochs: 1, batch: 20}
                    """)
            let name = "<i onload='x'>&\"run"
            let run = try DTrainRun.run(1, ["--config", configuration, "--output", data.path(name)])
            try #require(run.exitCode == 0, "\(run)")
            let text = try page(data, [name])
            #expect(text.contains("<title>Run &lt;i onload=&#39;x&#39;&gt;&amp;&quot;run</title>"))
            #expect(text.contains("<th scope=\"row\">&lt;script&gt;alert(1)&lt;/script&gt;</th>"))
            #expect(!text.contains("<i ") && !text.contains("<b>"))
        }

        /// What the final weights say of the test set: the same bytes at any number of ranks, and what predict says.
        @Test func predictions() throws {
            let data = try TestData()
            defer { data.remove() }
            var files: [Data] = []
            for ranks in [0, 2, 3] {
                try train(data, "run", ranks: ranks)
                files.append(
                    try Data(contentsOf: URL(fileURLWithPath: data.path("run/predictions.safetensors"))))
            }
            #expect(files[0] == files[1] && files[0] == files[2])
            let file = try SafetensorsFile(bytes: Array(files[0]))
            #expect(
                file.tensors.map(\.name) == ["classes", "labels", "outputs"]
                    && file.metadata == ["outputs": "logits"])
            let outputs = try file.tensor(named: "outputs")
            let classes = try file.int64s(named: "classes")
            let said = try DTrainRun.run(1, ["predict", data.path("run")])
            let rows = said.standardOutput.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
            try #require(rows.count == 137, "\(said)")
            for (place, row) in rows.enumerated() {
                #expect(row[1] == "\(classes[place])")
                #expect(row[2...].compactMap { Float($0) } == Array(outputs[4 * place..<4 * place + 4]))
            }
            try train(data, "run", ["--set", "logging.predictions=false"])
            #expect(!FileManager.default.fileExists(atPath: data.path("run/predictions.safetensors")))
            #expect(!(try page(data, ["run"])).contains("Which classes"))
        }

        @Test func unusual() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try ControlledRun.run(2, data, "mlp", ["log=1"], output: "program")
            let text = try page(data, ["program"])
            #expect(text.contains("a model of training-controls") && text.contains(">Loss</figcaption>"))
            try data.write("begun/config.yaml", text: "model: lenet5\n")
            #expect(try page(data, ["begun"]).contains("There are no metrics yet."))
            for (arguments, code) in [
                ([data.path("nowhere")], 65), ([data.folder], 65), ([], 64),
                ([data.path("program"), "--output", data.path("none/report.html")], 73),
            ] as [([String], Int32)] {
                let run = try DTrainRun.run(0, ["report"] + arguments)
                #expect(run.exitCode == code && run.standardOutput.isEmpty, "\(run)")
            }
            #expect(!FileManager.default.fileExists(atPath: "report.html"))
        }
    }
}
