import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// scripts/methods: the documentation's table of methods is what the program says of itself.
    @Suite struct Methods {
        private static let article = Checkout.file(
            "../../Sources/DistributedTraining/DistributedTraining.docc/Methods.md")

        private func script(_ arguments: [String]) throws -> ProcessResult {
            let programs = URL(fileURLWithPath: try BuiltExecutable.path("dtrain"))
                .deletingLastPathComponent().path
            return try ProcessRun.run(
                Checkout.script("methods"), arguments, environment: ["DTRAIN_PROGRAMS": programs],
                timeLimit: Promptness.patience)
        }

        @Test func theTableIsWhatTheProgramSays() throws {
            let run = try script(["--check"])
            #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(run)")
        }

        /// Controls of the test above: a default, a missing row and a missing mark are noticed, and the script mends a table.
        @Test(arguments: [
            ("betas [0.9, 0.999]", "betas [0.9, 0.99]"), ("\n| `adamax`", "\n\n| `adamax`"),
            ("| Jacobs 1988 |", "| |"),
        ])
        func changesAreNoticedAndMended(part: String, change: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let text = try String(contentsOfFile: Self.article, encoding: .utf8)
            try #require(text.contains(part))
            let copy = try data.write(
                "Methods.md", text: text.replacing(part, with: change, maxReplacements: 1))
            let check = try script(["--check", copy])
            let said = check.standardError.split(separator: "\n")
            #expect(check.exitCode == 1 && said.count == 1, "\(check)")
            #expect(said.first?.hasSuffix("run scripts/methods") == true, "\(check)")
            #expect(try String(contentsOfFile: copy, encoding: .utf8) != text)
            #expect(try script([copy]).exitCode == 0)
            #expect(try String(contentsOfFile: copy, encoding: .utf8) == text)
        }

        @Test func theMarksAreNeeded() throws {
            let data = try TestData()
            defer { data.remove() }
            let copy = try data.write("Methods.md", text: "No table.\n")
            for arguments in [["--check", copy], [copy]] {
                let run = try script(arguments)
                #expect(
                    run.exitCode == 1 && run.standardError.contains("must have each of the lines"), "\(run)")
            }
            #expect(try String(contentsOfFile: copy, encoding: .utf8) == "No table.\n")
        }
    }
}
