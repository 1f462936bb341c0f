import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Options and words that no command takes, and output files that cannot be made: what to write instead.
    @Suite(.serialized) struct UsageAdviceTests {
        @Test(arguments: [
            ("study --list", "\"dtrain study\" alone lists them"),
            ("recipes --list", "\"dtrain recipes\" alone lists them"),
            ("train x.yaml", "did you mean \"--config x.yaml\"?"),
            ("summary x.yaml", "did you mean \"--config x.yaml\"?"),
            ("evaluate runs/x x.yaml", "did you mean \"--config x.yaml\"?"),
            ("doctor x.yaml", "did you mean \"dtrain --config x.yaml\"?"),
            ("predict runs/x new.csv", "did you mean \"--data new.csv\"?"),
            ("train fashion-cnn", "did you mean \"--recipe fashion-cnn\"?"),
            ("--lr 0.1", "did you mean \"--set optimizer.lr=0.1\"?"),
            ("--learning-rate=0.1", "did you mean \"--set optimizer.lr=0.1\"?"),
            ("train lr=0.1", "did you mean \"--set optimizer.lr=0.1\"?"),
            ("--batch-size 3", "did you mean \"--batch\"?"), ("--max-epochs 3", "did you mean \"--epochs\"?"),
            ("predict runs/x --out p.csv", "did you mean \"--output\"?"),
            ("train --data x.csv", "\"dtrain init x.csv\" writes a configuration for it"),
            ("-n 4", "as in mpirun -n 4 dtrain"), ("--bach 3", "did you mean \"--batch\"?"),
        ])
        func words(line: String, says: String) throws {
            let run = try DTrainRun.run(0, line.split(separator: " ").map(String.init))
            #expect(run.exitCode == 64 && run.standardError.contains(says), "\(run)")
        }

        @Test func filesThatCannotBeMade() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let trained = try DTrainRun.run(
                0, ["--config", configuration, "--output", data.path("run"), "--epochs", "1"])
            try #require(trained.exitCode == 0, "\(trained)")
            for command in ["predict", "evaluate"] {
                for (file, says) in [
                    (
                        "none/p.csv",
                        "No such file or directory: make the folder with mkdir -p \(data.path("none")), or"
                    ),
                    ("run/config.yaml/p.csv", "Not a directory: choose another file with --output"),
                    ("run", "Is a directory: choose another file with --output"),
                ] {
                    let run = try DTrainRun.run(2, [command, data.path("run"), "--output", data.path(file)])
                    #expect(run.exitCode == 73 && run.standardError.contains(says), "\(run)")
                }
            }
        }
    }
}
