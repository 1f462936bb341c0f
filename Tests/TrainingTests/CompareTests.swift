import Foundation
import Testing

@testable import Training

/// What a list of runs and a comparison read of folders that no run has left in this form.
@Suite struct CompareTests {
    /// Folders that go away with the test.
    private final class Folders {
        let path = NSTemporaryDirectory() + "dtrain-compare-\(getpid())-\(UUID().uuidString)"

        func write(_ name: String, _ lines: [String]) throws {
            let file = URL(fileURLWithPath: "\(path)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func compare(_ first: [String], _ second: [String]) throws -> MetricsComparison {
        let folders = Folders()
        try folders.write("a/metrics.jsonl", first)
        try folders.write("b/metrics.jsonl", second)
        return try MetricsComparison("\(folders.path)/a", "\(folders.path)/b")
    }

    @Test func timeCountsForNothing() throws {
        let same = try compare(
            ["{\"event\":\"step\",\"step\":1,\"loss\":null,\"samples_per_second\":3,\"seconds\":1.5}"],
            ["{\"event\":\"step\",\"step\":1,\"loss\":null,\"samples_per_second\":4,\"seconds\":2}"])
        #expect(same.parting == nil && same.common == 1 && same.extra == ([], []))
    }

    @Test func partsAtTheFirstNumber() throws {
        let lines = [
            "{\"event\":\"step\",\"step\":1,\"loss\":0.5}",
            "{\"event\":\"end\",\"steps\":1,\"f1\":[1.0,0.5]}",
        ]
        let found = try compare(lines, [lines[0], lines[1].replacing("0.5", with: "0.25")])
        #expect(found.parting == .init(step: 1, key: "f1[1]", first: .number(0.5), second: .number(0.25)))
        let infinite = try compare(lines, [lines[0].replacing("0.5", with: "null")])
        #expect(infinite.parting == .init(step: 1, key: "loss", first: .number(0.5), second: .none))
        #expect(infinite.counts == (2, 1) && infinite.common == 1)
    }

    /// Lines that only one of the runs logs, and keys that only one has, are no parting.
    @Test func eventsInCommon() throws {
        let found = try compare(
            (1...4).map { "{\"event\":\"step\",\"step\":\($0),\"loss\":\($0)}" },
            [2, 4].map { "{\"event\":\"step\",\"step\":\($0),\"loss\":\($0).0,\"clip_ratio\":1}" }
                + ["{\"event\":\"step\",\"st"])
        #expect(found.parting == nil && found.common == 2 && found.counts == (4, 2))
        #expect(found.extra == ([], ["clip_ratio"]))
    }

    @Test func runsAreFound() throws {
        let folders = Folders()
        try folders.write("x/metrics.jsonl", [])
        try folders.write("deep/er/config.yaml", ["model: {name: mlp, hidden: [3]}"])
        try folders.write("deep/er/checkpoints/step-000000001/config.yaml", [])
        try folders.write("deep/er/below/program.json", [])
        try folders.write(".hidden/metrics.jsonl", [])
        try FileManager.default.createSymbolicLink(
            atPath: "\(folders.path)/loop", withDestinationPath: folders.path)
        let names = ["deep/er", "deep/er/below", "x"]
        #expect(try RunFinder.runs(below: folders.path) == names.map { "\(folders.path)/\($0)" })
        let summary = try RunSummary(folder: "\(folders.path)/deep/er")
        #expect(summary.state == .stopped && summary.step == 1)
        #expect(summary.model == "mlp" && summary.epochs == nil)
        #expect(try RunSummary(folder: "\(folders.path)/x").state == .noMetrics)
        #expect(throws: TrainingError.self) { try RunFinder.runs(below: "\(folders.path)/none") }
    }

    @Test func outline() {
        let list = ConfigurationOutline(
            text:
                "model:\n  - flatten\n  - residual:\n      body:\n        - relu\n  - linear: {out: 5}\ntraining:\n  epochs: 12\n"
        )
        #expect(list.model == "3 layers, flatten to linear" && list.epochs == 12)
        #expect(ConfigurationOutline(text: "model: lenet5\n").model == "lenet5")
        #expect(ConfigurationOutline(text: "").model == nil)
    }

    @Test func weights() throws {
        let a = try TinyCheckpoint()
        let b = try TinyCheckpoint(value: 6.5)
        defer {
            a.remove()
            b.remove()
        }
        let folders = Folders()
        for (name, checkpoint) in [("a", a), ("b", b)] {
            try folders.write("\(name)/metrics.jsonl", [])
            try FileManager.default.createSymbolicLink(
                atPath: "\(folders.path)/\(name)/checkpoints", withDestinationPath: checkpoint.folder)
        }
        let found = try WeightsComparison.all("\(folders.path)/a", "\(folders.path)/b")
        #expect(
            found.map(\.difference) == [.values(tensor: "0.weight", elements: 1, of: 6, most: 5.5)])
        #expect(
            found.first?.text
                == "weights differ from tensor 0.weight on, 1 of 6 elements, by at most 5.5 (the checkpoints of step 12)"
        )
        #expect(
            try WeightsComparison.all("\(folders.path)/a", "\(folders.path)/a").map(\.difference) == [nil])
    }
}
