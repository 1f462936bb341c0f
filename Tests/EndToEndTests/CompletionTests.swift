import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What shells offer behind the words of a command line; the shells themselves say it.
    @Suite struct Completions {
        /// The script for a shell, in a file.
        private func script(_ shell: String, _ data: TestData) throws -> String {
            let run = try DTrainRun.run(0, ["--generate-completion-script", shell])
            #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(run)")
            return try data.write("dtrain.\(shell)", text: run.standardOutput)
        }

        private func shell(_ shell: String, _ arguments: [String]) throws -> ProcessResult {
            // The shell finds the program as a user's does.
            let folder = URL(fileURLWithPath: try BuiltExecutable.path("dtrain")).deletingLastPathComponent()
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            return try ProcessRun.run(
                shell, arguments, environment: ["PATH": "\(folder.path):\(path)"],
                timeLimit: Promptness.patience)
        }

        /// Command lines, parted as Readline parts them, and what is offered: all of it, or some.
        private static let lines: [(words: [String], all: [String]?, some: [String])] = [
            (["--rec"], ["--recipe"], []), (["train", "--rec"], ["--recipe"], []),
            ([""], nil, ["init", "train", "report", "--config", "--recipe"]),
            (["--recipe", ""], nil, ["fashion-cnn", "fashion-mlp", "saddle"]),
            (["--recipe", "=", "fashion-m"], ["fashion-mlp", "fashion-mlp-big"], []),
            (["recipes", "fashion-r"], ["fashion-resnet20"], []),
            (["--set", "optimizer.l"], nil, ["optimizer.lr=", "optimizer.lookahead="]),
            (["--set", "=", "training.ep"], ["training.epochs="], []),
            (["--set", "optimizer.name", "=", "adam"], ["adam", "adamw", "adamax"], []),
            (["--set", "training.delayed", "=", ""], ["true", "false"], []),
            (["--set", "optimizer.lr", "=", "0.1", "--ep"], ["--epochs"], []),
            (["study", "sad"], ["saddle"], []), (["study", "all"], ["all-notes"], []),
            (["evaluate", "runs/x", "--data", "t"], ["test", "train"], []),
            (["diagnose", "runs/x", "--batch-norm", ""], ["evaluation", "training"], []),
            (["manual", "sch"], ["schema"], []), (["init", "x.csv", "--labels-of"], [], []),
        ]

        @Test func bashOffers() throws {
            let data = try TestData()
            defer { data.remove() }
            let script = try script("bash", data)
            let syntax = try shell("bash", ["-n", script])
            #expect(syntax.exitCode == 0 && syntax.standardError.isEmpty, "\(syntax)")
            #expect(try shell("bash", ["-c", ". '\(script)'; complete -p dtrain"]).exitCode == 0)
            for line in Self.lines {
                // Behind "=" there is no blank.
                let text = (["dtrain"] + line.words).joined(separator: " ").replacing(" = ", with: "=")
                let words = (["dtrain"] + line.words).map { "'\($0)'" }.joined(separator: " ")
                let run = try shell(
                    "bash",
                    [
                        "-c",
                        """
                        . '\(script)'
                        COMP_WORDS=(\(words)) COMP_LINE='\(text)'
                        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE}
                        function=$(complete -p dtrain | sed 's/.*-F \\([^ ]*\\).*/\\1/')
                        $function dtrain "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                        printf '%s\\n' "${COMPREPLY[@]}"
                        """,
                    ])
                let offered = run.standardOutput.split(separator: "\n").map(String.init)
                #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(text): \(run)")
                if let all = line.all { #expect(offered == all, "\(text)") }
                for word in line.some { #expect(offered.contains(word), "\(text): \(offered)") }
            }
        }

        @Test(.enabled(if: CommandTree.installed("zsh") != nil, "Debian's package zsh is not installed"))
        func zshReadsTheScript() throws {
            let data = try TestData()
            defer { data.remove() }
            let script = try script("zsh", data)
            let syntax = try shell("zsh", ["-n", script])
            #expect(syntax.exitCode == 0 && syntax.standardError.isEmpty, "\(syntax)")
            // Keys are put in without a blank behind them.
            #expect(try String(contentsOfFile: script, encoding: .utf8).contains("-- begun -S ''"))
            let keys = try ProcessRun.run(
                try BuiltExecutable.path("dtrain"),
                ["---completion", "--", "--set", "2", "11", "dtrain", "--set", "training.ep"],
                environment: ["SAP_SHELL": "zsh"], timeLimit: Promptness.patience)
            #expect(
                keys.standardOutput.contains("training.epochs=:Passes over the training set.\n"), "\(keys)")
        }

        @Test(.enabled(if: CommandTree.installed("fish") != nil, "Debian's package fish is not installed"))
        func fishOffers() throws {
            let data = try TestData()
            defer { data.remove() }
            let script = try script("fish", data)
            let syntax = try shell("fish", ["--no-config", "--no-execute", script])
            #expect(syntax.exitCode == 0 && syntax.standardError.isEmpty, "\(syntax)")
            for (line, word) in [
                ("--rec", "--recipe"), ("--recipe fashion-r", "fashion-resnet20"), ("tr", "train"),
                ("--set training.ep", "training.epochs="), ("study sad", "saddle"),
            ] {
                let run = try shell(
                    "fish", ["--no-config", "-c", "source '\(script)'; complete -C 'dtrain \(line)'"])
                let offered = run.standardOutput.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
                #expect(run.exitCode == 0 && offered == [word[...]], "\(line): \(run)")
            }
        }
    }
}
