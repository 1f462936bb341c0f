import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Manual pages, which are made of what help is made of.
    @Suite struct Manual {
        /// The pages by name, written into a folder of the data's.
        private func pages(_ data: TestData, _ folder: String = "man1") throws -> [String: String] {
            try FileManager.default.createDirectory(
                atPath: data.path(folder), withIntermediateDirectories: true)
            let run = try DTrainRun.run(0, ["manual", "--output", data.path(folder)])
            #expect(run.exitCode == 0 && run.standardOutput.isEmpty && run.standardError.isEmpty, "\(run)")
            let names = try FileManager.default.contentsOfDirectory(atPath: data.path(folder))
            return try Dictionary(
                uniqueKeysWithValues: names.map {
                    ($0, try String(contentsOfFile: data.path("\(folder)/\($0)"), encoding: .utf8))
                })
        }

        @Test func everyCommandHasAPageWithAllOfItsOptions() throws {
            let data = try TestData()
            defer { data.remove() }
            let pages = try pages(data)
            let tree = try CommandTree.read()
            let names = ["dtrain.1"] + tree.commands.map { "dtrain-\($0.commandName).1" }
            #expect(Set(pages.keys) == Set(names))
            for (command, name) in zip([tree.command] + tree.commands, names) {
                let page = try #require(pages[name])
                for argument in command.arguments ?? [] where argument.shouldDisplay {
                    for shown in argument.shown {
                        let escaped = shown.replacing("-", with: "\\-")
                        #expect(page.contains(escaped), "\(name): \(shown)")
                    }
                }
                for section in ["NAME", "SYNOPSIS", "OPTIONS", "\"EXIT STATUS\"", "ENVIRONMENT", "EXAMPLES"] {
                    #expect(page.contains("\n.SH \(section)\n"), "\(name): \(section)")
                }
            }
            #expect(pages["dtrain-train.1"]?.contains("\n.SH FILES\n") == true)
            for command in tree.commands {
                let abstract = try #require(command.abstract).replacing("-", with: "\\-")
                #expect(pages["dtrain.1"]?.contains(abstract) == true, "\(abstract)")
            }
            #expect(try self.pages(data, "again") == pages)
            let alone = try DTrainRun.run(2, ["manual", "train"])
            #expect(alone.exitCode == 0 && alone.standardOutput == pages["dtrain-train.1"])
        }

        /// The codes of the pages are those of the article on what goes wrong.
        @Test func exitCodesAreThoseOfTheArticle() throws {
            let article = try String(
                contentsOfFile: Checkout.file(
                    "../../Sources/DistributedTraining/DistributedTraining.docc/WhenThingsGoWrong.md"),
                encoding: .utf8)
            let rows = article.matches(of: /(?m)^\| (\d+) \| (.+) \|$/).map { ($0.1, $0.2) }
            #expect(rows.count > 8)
            let page = try DTrainRun.run(0, ["manual", "evaluate"]).standardOutput.replacing("\\-", with: "-")
            let codes = page.matches(of: /(?m)^\.TP\n\\fB(\d+)\\fR\n(.+)$/).map { ($0.1, $0.2) }
            #expect(codes.map { "\($0): \($1)" } == rows.map { "\($0): \($1)" })
        }

        @Test(.enabled(if: CommandTree.installed("groff") != nil, "Debian's package groff is not installed"))
        func groffHasNoWarnings() throws {
            let data = try TestData()
            defer { data.remove() }
            let pages = try pages(data)
            // The device of man where no other letters can be shown: pages need none.
            func groff(_ path: String) throws -> ProcessResult {
                try ProcessRun.run(
                    "groff", ["-man", "-Tascii", "-ww", "-z", path], timeLimit: Promptness.patience)
            }
            for name in pages.keys.sorted() {
                let run = try groff(data.path("man1/\(name)"))
                #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(name): \(run)")
            }
            // A control: a page with a mistake.
            let wrong = try data.write(
                "wrong.1", text: (pages["dtrain.1"] ?? "") + ".nosuchmacro\n")
            #expect(try !groff(wrong).standardError.isEmpty)
        }

        @Test func unknownCommandsAndFolders() throws {
            let data = try TestData()
            defer { data.remove() }
            for (arguments, code, says) in [
                (["manual", "trian"], 64, "there is no command \"trian\""),
                (["manual", "train", "--output", data.folder], 64, "--output is for all pages"),
                (["manual", "--output", data.path("none")], 73, "No such file or directory"),
            ] as [([String], Int32, String)] {
                let run = try DTrainRun.run(0, arguments)
                #expect(run.exitCode == code && run.standardError.contains(says), "\(run)")
            }
        }
    }
}
