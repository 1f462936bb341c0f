import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Columns that are too many or not there: what is advised works as it stands.
    @Suite(.serialized) struct ColumnAdvice {
        private static func data() throws -> (data: TestData, configuration: String) {
            let data = try TestData()
            let rows = (0..<60).map { "\($0 % 7),\($0 % 5),\($0 % 3)\n" }
            try data.write("train.csv", text: "a,b,y\n" + rows.joined())
            try data.write("it's.csv", text: "id,a,b,y\n" + rows.map { "1,\($0)" }.joined())
            let text = """
                data:
                  train: {format: csv, files: train.csv, label: y}
                  validation: {format: csv, files: "it's.csv", label: y}
                model: [{linear: 3}]
                training: {epochs: 1, batch: 32}
                """
            return (data, try data.write("columns.yaml", text: text))
        }

        /// The words of "leave it out with WORDS, or ..." as a shell splits them.
        private static func advised(_ run: ProcessResult) throws -> [String] {
            let start = try #require(run.standardError.range(of: "leave it out with "))
            let rest = run.standardError[start.upperBound...]
            let end = try #require(rest.range(of: ", or train with it"))
            let words = try ProcessRun.run(
                "bash", ["-c", "printf '%s\\n' \(rest[..<end.lowerBound])"], timeLimit: .seconds(10))
            return words.standardOutput.split(separator: "\n").map(String.init)
        }

        @Test func oneTooMany() throws {
            let (data, configuration) = try Self.data()
            defer { data.remove() }
            let train = ["--config", configuration, "--output", data.path("run")]
            let refused = try DTrainRun.run(0, train)
            #expect(refused.exitCode == 65, "\(refused)")
            let way = try Self.advised(refused)
            #expect(way == ["--set", "data.validation.ignore=[id]"])
            let trained = try DTrainRun.run(2, train + way)
            try #require(trained.exitCode == 0, "\(trained)")
            for command in ["evaluate", "predict"] {
                let call = [command, data.path("run")]
                let refused = try DTrainRun.run(0, call + ["--data", data.path("it's.csv")])
                #expect(refused.exitCode == 65, "\(refused)")
                let way = try Self.advised(refused)
                #expect(way.first == "--data" && way.count == 2, "\(way)")
                let done = try DTrainRun.run(0, call + way)
                #expect(done.exitCode == 0, "\(done)")
            }
        }

        @Test func ignoredButNotThere() throws {
            let (data, configuration) = try Self.data()
            defer { data.remove() }
            let run = try DTrainRun.run(
                0,
                [
                    "--config", configuration, "--output", data.path("run"), "--set",
                    "data.train.ignore=[nothing]",
                ])
            #expect(run.exitCode == 65, "\(run)")
            #expect(
                run.standardError.contains("expected column \"nothing\", which ignore names, found \"a\""))
            #expect(run.standardError.contains("or take it out of ignore"))
        }
    }
}
