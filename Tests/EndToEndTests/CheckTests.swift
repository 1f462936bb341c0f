import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// `dtrain check`: what a training would say before its first step, without the training.
    @Suite struct Check {
        private static let ways = [0, 1, 3]

        private func files(_ folder: String) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        }

        @Test func whatItFinds() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try SameBytes.configuration(data, "cnn")
            let before = try files(data.folder)
            var pages: [String] = []
            for ranks in Self.ways {
                let run = try DTrainRun.run(ranks, ["check", file, "--set", "output=\(data.path("run"))"])
                #expect(run.exitCode == 0 && !run.standardError.contains("dtrain"), "\(run)")
                for line in [
                    "training   110 examples of shape (1, 8, 8), \(data.path("images.npy"))",
                    "labels     4 classes of 21 to 32 examples", "validation 27 examples, a part of the same",
                    "test       137 examples, \(data.path("images.npy"))",
                    "features   normalization standardize",
                    "optimizer  sgd, learning rate 0.05, schedule cosine",
                    "steps      10 steps in 2 epochs, mini-batches of 27 in 8 shards",
                    "results    \(data.path("run"))",
                ] {
                    #expect(run.standardOutput.split(separator: "\n").contains(line[...]), "\(line)\n\(run)")
                }
                #expect(
                    run.standardOutput.contains("check: ready for the first step, ")
                        && run.standardOutput.contains("parameters, output of shape (4)"), "\(run)")
                pages.append(run.standardOutput)
            }
            #expect(pages[0] == pages[1])
            // 3 ranks do not divide 8 shards, which is the only thing that they say beside.
            let more = pages[2].split(separator: "\n").filter { !pages[1].contains($0) }
            #expect(more.count == 2 && more[0].contains("3 ranks do not divide 8 shards"), "\(more)")
            #expect(try files(data.folder) == before)
        }

        /// The notes are those of a training with the same settings, and of its dry run.
        @Test func itHasTheNotesOfATraining() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try SameBytes.configuration(data, "mlp"), "--set", "model.3.linear=6", "--set",
                "training.batch=200", "--set", "training.epochs=1", "--set", "data.train.limit=900", "--set",
                "output=\(data.path("run"))",
            ]
            func notes(_ run: ProcessResult) -> [Substring] {
                run.standardOutput.split(separator: "\n").filter { $0.hasPrefix("dtrain: note: ") }
            }
            for ranks in Self.ways.dropFirst() {
                let check = try DTrainRun.run(ranks, ["check"] + arguments)
                #expect(check.exitCode == 0 && notes(check).count == (ranks == 1 ? 3 : 4), "\(check)")
                #expect(
                    check.standardOutput.contains("first step, \(notes(check).count) notes"), "\(check)")
                let dry = try DTrainRun.run(ranks, ["train", "--dry-run"] + arguments)
                #expect(dry.exitCode == 0 && notes(dry) == notes(check), "\(dry)")
                #expect(!FileManager.default.fileExists(atPath: data.path("run")))
            }
            let train = try DTrainRun.run(1, ["train"] + arguments)
            let check = try DTrainRun.run(1, ["check"] + arguments)
            #expect(train.exitCode == 0 && notes(train).starts(with: notes(check)), "\(train)")
            // A training would now write beside the run that is there.
            #expect(check.standardOutput.contains("results    \(data.path("run"))-2\n"), "\(check)")
        }

        /// Mistakes in the text, in files and in labels have the error and the exit code that a training has; a mistake in
        /// the last row of a file is found, too.
        @Test func mistakes() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("good.csv", text: "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")
            try data.write("bad.csv", text: "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,oops,y\n")
            try data.write("other.csv", text: "a,b,kind\n1,2,x\n3,4,z\n")
            func text(_ train: String, _ test: String, _ last: Int) -> String {
                """
                data:
                  train: {format: csv, files: \(train), label: kind}
                  test: {format: csv, files: \(test), label: kind}
                model: [{linear: \(last)}]
                training: {epochs: 1, batch: 2, shards: 4}
                output: \(data.path("run"))
                """
            }
            let good = try data.write("good.yaml", text: text("good.csv", "good.csv", 2))
            #expect(try DTrainRun.run(3, ["check", good]).exitCode == 0)
            let cases = [
                ("key", text("good.csv", "good.csv", 2) + "\ntrainig: {}", "did you mean \"training\"?"),
                ("absent", text("absent.csv", "good.csv", 2), "absent.csv"),
                ("late", text("good.csv", "bad.csv", 2), "oops"),
                ("class", text("good.csv", "other.csv", 2), "z"),
                ("model", text("good.csv", "good.csv", 1), "end it with linear: 2"),
            ]
            for (name, text, message) in cases {
                let file = try data.write("\(name).yaml", text: text)
                let train = try DTrainRun.run(0, ["train", "--config", file])
                #expect(train.exitCode != 0 && train.standardError.contains(message), "\(train)")
                for ranks in Self.ways {
                    let check = try DTrainRun.run(ranks, ["check", file])
                    #expect(check.exitCode == train.exitCode, "\(check)")
                    let errors = check.standardError.split(separator: "\n").filter {
                        $0.hasPrefix("dtrain: error:")
                    }
                    #expect(errors.count == 1 && train.standardError.contains(errors[0]), "\(check)")
                }
            }
            let both = try DTrainRun.run(0, ["check", good, "--recipe", "fashion-mlp"])
            #expect(both.exitCode == 64 && both.standardError.contains("excludes"), "\(both)")
            let recipe = try DTrainRun.run(
                0, ["check", "--recipe", "valley", "--set", "output=\(data.path("valley"))"])
            #expect(
                recipe.exitCode == 0
                    && recipe.standardOutput.contains("results    \(data.path("valley"))\n"), "\(recipe)")
        }
    }
}
