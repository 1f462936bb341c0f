import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What is said of labels comes from the training set first, and names the file that they stand in.
    @Suite(.serialized) struct LabelAdvice {
        private static func train(_ data: TestData, _ sets: String, _ rest: String) throws -> ProcessResult {
            let text = "data:\n\(sets)\n\(rest)\ntraining: {epochs: 1, batch: 32}\n"
            return try DTrainRun.run(
                0,
                [
                    "--config", try data.write("advice.yaml", text: text), "--output", data.path("run"),
                    "--overwrite",
                ])
        }

        /// Numbers to predict are told from classes before another set's unknown label is met.
        @Test func pricesWithoutATask() throws {
            let data = try TestData()
            defer { data.remove() }
            func table(_ name: String, _ first: Int) throws {
                let rows = (0..<60).map { "\($0 % 7),\($0 % 5).5,\(first + 37 * $0)\n" }
                try data.write(name, text: "a,b,price\n" + rows.joined())
            }
            try table("train.csv", 100_000)
            try table("test.csv", 100_013)
            try data.write("prices.npy", (0..<137).map { $0 == 5 ? 768_288 : Int64(100_000 + 37 * $0) })
            try data.write("other.npy", (0..<137).map { Int64(900_000 + $0) })
            for set in ["test", "validation"] {
                let tables = try Self.train(
                    data,
                    "  train: {format: csv, files: train.csv, label: price}\n  \(set): {format: csv, files: test.csv, label: price}",
                    "model: [{linear: 1}]")
                #expect(tables.exitCode == 78, "\(tables)")
                #expect(
                    tables.standardError.contains(
                        "60 classes in 60 examples: if labels are numbers to predict, set task: regression"),
                    "\(tables)")
                let arrays = try Self.train(
                    data,
                    "  train: {format: npy, features: rows.npy, labels: prices.npy}\n  \(set): {format: npy, features: rows.npy, labels: other.npy}",
                    "model: [{linear: 1}]")
                #expect(arrays.exitCode == 78, "\(arrays)")
                #expect(
                    arrays.standardError.contains(
                        "the data has labels up to 768288 in 137 examples: if labels are numbers to predict, set task: regression"
                    ),
                    "\(arrays)")
            }
            // A model for all of them leaves the other set's label, and the same advice.
            let wide = try Self.train(
                data,
                "  train: {format: csv, files: train.csv, label: price}\n  test: {format: csv, files: test.csv, label: price}",
                "model: [{linear: 60}]")
            #expect(
                wide.exitCode == 65
                    && wide.standardError.contains("or set task: regression if labels are numbers to predict"),
                "\(wide)")
        }

        @Test func otherLabelsAreNamedByTheirFile() throws {
            let data = try TestData()
            defer { data.remove() }
            let rows = (0..<60).map { "1,2,3,4,5,\($0 % 9),\(["a", "b", "c", "d"][$0 % 4])\n" }
            try data.write("words.csv", text: "p,q,r,s,t,u,kind\n" + rows.joined())
            let run = try Self.train(
                data,
                "  train: {format: csv, files: words.csv, label: kind}\n  test: {format: npy, features: rows.npy, labels: labels.npy}",
                "model: [{linear: 4}]")
            #expect(run.exitCode == 65, "\(run)")
            #expect(run.standardError.contains("labels.npy has other labels than"), "\(run)")
        }

        @Test func targetsThatFloat32MakesOne() throws {
            let data = try TestData()
            defer { data.remove() }
            func run(_ targets: [Double]) throws -> ProcessResult {
                try data.write("targets.npy", shape: [137], doubles: targets)
                return try Self.train(
                    data, "  train: {format: npy, features: rows.npy, labels: targets.npy}",
                    "model: [{linear: 1}]\nloss: mse\noptimizer: {name: adam, lr: 0.001}")
            }
            let lost = try run((0..<137).map { 1e8 + Double($0) })
            let warnings = lost.standardError.split(separator: "\n").filter {
                $0.hasPrefix("dtrain: warning:")
            }
            #expect(lost.exitCode == 0 && warnings.count == 1, "\(lost)")
            #expect(
                warnings.first?.contains(
                    "targets.npy has distinct numbers that are one to the model: target 0 (1000000") == true,
                "\(lost)")
            let kept = try run((0..<137).map { Double($0) / 7 })
            #expect(kept.exitCode == 0 && !kept.standardError.contains("warning"), "\(kept)")
        }
    }
}
