import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Random changes of images and dropout together: the same bytes however the work is shared out, and resumed.
    @Suite struct Augmentation {
        private static let text = """
            data:
              train: {format: npy, features: [images.npy, images.npy], labels: [labels.npy, labels.npy]}
              test: {format: npy, features: images.npy, labels: labels.npy}
              validation: {fraction: 0.2}
              normalize: {name: min_max, range: [-1, 1]}
              augment: [flip, {crop: 2}, {shift: 1}, {rotation: 20}, {erasing: {p: 0.5}}]
            model: [{conv2d: {out: 8, kernel: 3}}, relu, flatten, {dropout: 0.3}, {linear: 4}]
            optimizer: {name: sgd, lr: 0.05, momentum: 0.9}
            training: {epochs: 2, batch: 54, shards: 8, seed: 5}
            logging: {every_steps: 1}
            """

        private static func train(
            _ ranks: Int, _ data: TestData, _ arguments: [String] = [], output: String = "run"
        ) throws -> DTrainRun.Results {
            let folder = data.path(output)
            let run = try DTrainRun.run(
                ranks, ["--config", data.path("images.yaml"), "--output", folder] + arguments)
            try #require(run.exitCode == 0, "\(ranks) \(arguments): \(run)")
            return try DTrainRun.results(folder)
        }

        @Test func sameBytes() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("images.yaml", text: Self.text)
            let alone = try Self.train(1, data, ["--overwrite"])
            for ranks in [2, 3, 4, 7] { #expect(try Self.train(ranks, data, ["--overwrite"]) == alone) }
            #expect(try Self.train(1, data, ["--overwrite", "--set", "training.workers=3"]) == alone)
            // Controls: the changes count, and so does their order.
            for augment in ["null", "[{crop: 2}, flip, {shift: 1}, {rotation: 20}, {erasing: {p: 0.5}}]"] {
                let other = try Self.train(2, data, ["--overwrite", "--set", "data.augment=\(augment)"])
                #expect(other.weights != alone.weights)
            }
        }

        @Test func resumedAndReordered() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("images.yaml", text: Self.text)
            let set = ["--set", "data.shuffle=once"]
            let whole = try Self.train(2, data, set, output: "once")
            _ = try Self.train(3, data, set + ["--resume", "auto", "--steps", "7"], output: "parts")
            #expect(try Self.train(1, data, set + ["--resume", "auto"], output: "parts") == whole)
            let others = try ["epoch", "none"].map {
                try Self.train(2, data, ["--set", "data.shuffle=\($0)"], output: $0).weights
            }
            #expect(Set(others + [whole.weights]).count == 3)
        }

        @Test func whitenedImages() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("images.yaml", text: Self.text)
            let arguments = ["--overwrite", "--epochs", "1", "--set", "data.normalize=whiten"]
            let alone = try Self.train(1, data, arguments)
            for ranks in [2, 4] { #expect(try Self.train(ranks, data, arguments) == alone) }
            let evaluated = try DTrainRun.run(3, ["evaluate", data.path("run")])
            #expect(
                evaluated.exitCode == 0 && evaluated.standardOutput.contains("\"count\":137,"), "\(evaluated)"
            )
        }

        @Test func mistakes() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("images.yaml", text: Self.text)
            for (augment, says) in [
                ("[{crop: 8}]", "data.augment.0.crop: padding 8 could move an image of 8 x 8 out of itself"),
                ("[flop]", "unknown augmentation"),
            ] {
                let run = try DTrainRun.run(
                    2,
                    [
                        "--config", data.path("images.yaml"), "--output", data.path("x"), "--set",
                        "data.augment=\(augment)",
                    ])
                #expect(run.exitCode == 78 && run.standardError.contains(says), "\(run)")
            }
            let rows = try DTrainRun.run(
                2,
                [
                    "--config", try SameBytes.configuration(data, "mlp"), "--output", data.path("x"), "--set",
                    "data.augment=[flip]",
                ])
            #expect(
                rows.exitCode == 78 && rows.standardError.contains("augmentations change images"), "\(rows)")
        }
    }
}
