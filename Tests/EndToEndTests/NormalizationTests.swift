import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Every normalization, of activations and of weights, and drawn first values: the same bytes at any rank count.
    @Suite struct Normalization {
        private static let model = """
            data:
              train: {format: npy, features: images.npy, labels: labels.npy}
              test: {format: npy, features: images.npy, labels: labels.npy}
            model:
              - conv2d: {out: 12, kernel: 3, padding: 1, weight_norm: true, init: {weight: kaiming_normal, mode: fan_out, nonlinearity: relu, bias: zeros}}
              - group_norm: 4
              - relu
              - conv2d: {out: 8, kernel: 3, padding: 1, bias: false, init: orthogonal}
              - batch_renorm: {r_max: 2, d_max: 1, warmup_steps: 2, r_steps: 4, d_steps: 6, momentum: 0.2}
              - relu
              - conv2d: {out: 8, kernel: 3, bias: false, spectral_norm: true}
              - instance_norm
              - flatten
              - linear: {out: 12, init: {name: trunc_normal, std: 0.1}}
              - layer_norm
              - batch_norm: {affine: false}
              - gelu
              - linear: {out: 4, spectral_norm: true}
            optimizer: {name: adam, lr: 0.01}
            training: {epochs: 2, batch: 27, shards: 8, seed: 3}
            logging: {every_steps: 1}
            """

        @Test func sameBytesAtAnyRankCount() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try data.write("normalized.yaml", text: Self.model)
            func results(_ ranks: Int, _ settings: [String] = []) throws -> DTrainRun.Results {
                let output = data.path("run")
                let run = try DTrainRun.run(
                    ranks,
                    ["--config", configuration, "--output", output, "--overwrite"]
                        + settings.flatMap { ["--set", $0] })
                try #require(run.exitCode == 0, "\(ranks) ranks: \(run)")
                return try DTrainRun.results(output)
            }
            let alone = try results(1)
            #expect(alone.metrics.count > 10)
            #expect(try results(7) == alone)
            #expect(try results(3, ["training.workers=2", "training.transport=point_to_point"]) == alone)
            // Singular vectors and limits go on where they were.
            for (ranks, steps) in [(2, "5"), (1, "1000")] {
                let part = try DTrainRun.run(
                    ranks,
                    [
                        "--config", configuration, "--output", data.path("parts"), "--resume", "auto",
                        "--steps", steps,
                    ])
                try #require(part.exitCode == 0, "\(part)")
            }
            #expect(try DTrainRun.results(data.path("parts")) == alone)
            // Control: the comparison notices another seed.
            #expect(try results(1, ["training.seed=4"]) != alone)
        }

        /// A feature that is constant but for rounding stays near 0 and is not spread out, whatever the normalization.
        @Test(arguments: ["standardize", "min_max", "whiten"]) func roundingIsNotSpreadOut(name: String)
            throws
        {
            let data = try TestData()
            defer { data.remove() }
            // Its second feature is 0.3, or 0.1 + 0.2, which is a little more in Float64.
            var rows: [Double] = []
            for row in 0..<40 {
                rows.append(Double(row))
                rows.append(row % 2 == 0 ? 0.3 : 0.1 + 0.2)
            }
            try data.write("rows64.npy", shape: [40, 2], doubles: rows)
            try data.write("labels40.npy", (0..<40).map { Int64($0 / 20) })
            let configuration = try data.write(
                "run.yaml",
                text: """
                    data:
                      train: {format: npy, features: rows64.npy, labels: labels40.npy}
                      normalize: \(name)
                    model: [{linear: 2}]
                    training: {epochs: 1, batch: 20}
                    """)
            let run = try DTrainRun.run(2, ["--config", configuration, "--output", data.path("run")])
            try #require(run.exitCode == 0, "\(run)")
            let description = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: data.path("run/normalization.json"))))
            let scaling = (description as? [String: Any])?["scaling"] as? [String: Any]
            let factor = try #require(scaling?["factor"] as? [Double])
            #expect(factor.count == 2 && factor[0] < 0.2 && factor[1] == 1, "\(factor)")
        }
    }
}
