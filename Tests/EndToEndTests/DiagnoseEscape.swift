import Foundation
import Testing

/// Leaving a saddle.
enum DiagnoseEscape {
    /// Escapes from a point at 1 and at 3 ranks, and holds the weights that are written to the loss that is said.
    ///
    /// - Returns: The path of the new weights.
    @discardableResult
    static func check(_ point: DiagnosePoint, _ data: TestData) throws -> String {
        let before = try Data(contentsOf: URL(fileURLWithPath: point.weights))
        var texts: Set<String> = []
        var weights: Set<Data> = []
        var path = ""
        for ranks in [1, 3] {
            let output = data.path("escaped-\(ranks)")
            let report = try DiagnoseReport(point, ["--escape", "--output", output], ranks: ranks)
            #expect(try report.word("verdict") == "saddle", "\(report.text)")
            let (loss, after) = try (report.number("loss"), report.number("loss_after"))
            #expect(after < loss, "\(report.text)")
            texts.insert(report.text)
            path = "\(output)/weights.safetensors"
            weights.insert(try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(FileManager.default.fileExists(atPath: "\(output)/normalization.json"))

            let evaluated = try DTrainRun.run(
                0, ["evaluate", path, "--config", point.configuration, "--data", "train"])
            try #require(evaluated.exitCode == 0, "\(evaluated)")
            let object =
                try JSONSerialization.jsonObject(with: Data(evaluated.standardOutput.utf8)) as? [String: Any]
            let found = try #require(object?["loss"] as? Double, "\(evaluated)")
            #expect(abs(found - after) <= 1e-6 * max(loss, 1e-3), "\(found), not \(after)")
        }
        #expect(texts.count == 1 && weights.count == 1, "other results at 3 ranks than at 1")
        #expect(try Data(contentsOf: URL(fileURLWithPath: point.weights)) == before, "the point has moved")
        return path
    }
}
