import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What --help prints: it fits a terminal, and nothing is left out.
    @Suite struct Help {
        /// Help on standard output; a terminal of a given width is 80 columns wide.
        private func help(_ arguments: [String], columns: String = "") throws -> String {
            let run = try DTrainRun.run(0, arguments, environment: ["COLUMNS": columns])
            #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(arguments): \(run)")
            return run.standardOutput
        }

        /// The lines of a text that are too wide.
        private func tooWide(_ text: String, columns: Int = 80) -> [Substring] {
            text.split(separator: "\n").filter { $0.count > columns }
        }

        @Test func everyLineFitsATerminal() throws {
            let commands = try CommandTree.read().commands.map(\.commandName)
            #expect(commands.count > 15)
            for command in commands {
                let text = try help([command, "--help"])
                #expect(tooWide(text).isEmpty, "\(command): \(tooWide(text))")
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
                let limit = ["train": 41, "diagnose": 50, "landscape": 52][command] ?? 32
                #expect(lines <= limit, "\(command): \(lines) lines")
                #expect(try help([command, "-h"]) == text && help(["help", command]) == text, "\(command)")
            }
            let root = try help(["--help"])
            #expect(tooWide(root).isEmpty, "\(tooWide(root))")
            #expect(try help(["-h"]) == root && help(["help"]) == root)
            // A control: on a wider terminal lines are longer.
            #expect(try !tooWide(help(["diagnose", "--help"], columns: "120")).isEmpty)
        }

        @Test func commandsStandInGroupsOnALineEach() throws {
            let text = try help(["--help"])
            let titles = text.matches(of: /(?m)^(\w+) SUBCOMMANDS:$/).map { String($0.1) }
            #expect(titles == ["PREPARATION", "TRAINING", "PREDICTION", "ANALYSIS", "SYSTEM"])
            for command in try CommandTree.read().commands {
                let abstract = try #require(command.abstract)
                let lines = text.split(separator: "\n").filter { $0.hasPrefix("  \(command.commandName) ") }
                #expect(lines.count == 1 && lines.first?.hasSuffix(abstract) == true, "\(lines)")
            }
        }

        /// The options that are used most come first.
        @Test func theOptionsOfTrainAreInGroups() throws {
            let text = try help(["train", "--help"])
            let order = [
                "mpirun -n 4 dtrain --config", "CONFIGURATION:", "--config", "--recipe", "--set", "TRAINING:",
                "--epochs", "RESULTS:", "--output", "--resume", "TERMINAL:", "--quiet", "OPTIONS:",
                "--dry-run",
                "--help",
            ]
            var rest = text[...]
            for part in order {
                let found = try #require(rest.firstRange(of: part), "\(part) in \(text)")
                rest = rest[found.upperBound...]
            }
        }

        @Test func everyOptionHasASentence() throws {
            let tree = try CommandTree.read()
            var count = 0
            for command in [tree.command] + tree.commands {
                let text = try help(
                    (command.commandName == "dtrain" ? [] : [command.commandName]) + ["--help"])
                for argument in command.arguments ?? [] where argument.shouldDisplay {
                    let sentence = argument.abstract ?? ""
                    #expect(
                        sentence.count > 5 && sentence.hasSuffix("."), "\(command.commandName): \(argument)")
                    for name in argument.shown {
                        #expect(text.contains(name), "\(command.commandName): \(name)")
                    }
                    count += 1
                }
            }
            #expect(count > 100)
        }
    }
}
