import Foundation
import ProcessSupport
import Safetensors
import Testing

/// Real processes under mpirun, two tests at a time: the machine has few cores.
@Suite(.sharesTheMachine) struct EndToEndTests {}

extension EndToEndTests {
    /// The same bytes however the work is shared out.
    @Suite struct SameBytes {
        /// A way to run the same training.
        struct Way: Sendable, CustomTestStringConvertible {
            let ranks: Int
            var settings: [String] = []
            var environment: [String: String] = [:]
            var testDescription: String { "-n \(ranks) \(settings.joined(separator: " ")) \(environment)" }
        }

        static let ways: [Way] =
            [0, 1, 2, 3, 4, 7].map { Way(ranks: $0) }
            + [2, 3, 4, 7].map { Way(ranks: $0, settings: ["training.transport=point_to_point"]) }
            + [1, 2, 3].map { Way(ranks: $0, settings: ["training.workers=2"]) }
            + [
                Way(ranks: 1, settings: ["training.workers=3"]),
                Way(ranks: 2, environment: ["OMP_NUM_THREADS": "3"]),
                Way(ranks: 2, settings: ["training.bucket_bytes=1"]),
                Way(
                    ranks: 3,
                    settings: [
                        "training.transport=point_to_point", "training.workers=2",
                        "training.bucket_bytes=999",
                    ]),
            ]

        static func configuration(_ data: TestData, _ model: String) throws -> String {
            switch model {
            case "cnn":
                return try data.write(
                    "cnn.yaml",
                    text: """
                        data:
                          train: {format: npy, features: images.npy, labels: labels.npy}
                          test: {format: npy, features: images.npy, labels: labels.npy}
                          validation: {fraction: 0.2}
                        model:
                          - conv2d: {out: 12, kernel: 3, padding: 1, bias: false}
                          - batch_norm
                          - relu
                          - max_pool2d: 2
                          - dropout: 0.25
                          - residual: {body: [{conv2d: {out: 12, kernel: 3, padding: 1}}, batch_norm: {momentum: 0.2}]}
                          - flatten
                          - linear: 4
                        optimizer: {name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 5.0e-4}
                        schedule: {name: cosine, warmup: 0.5}
                        training: {epochs: 2, batch: 27, shards: 8, seed: 3, clip: {norm: 0.5}}
                        logging: {every_steps: 1}
                        """.replacingOccurrences(of: ", batch_norm: {momentum: 0.2}]", with: ", batch_norm]"))
            default:
                return try data.write(
                    "mlp.yaml",
                    text: """
                        data:
                          train: {format: npy, features: rows.npy, labels: labels.npy}
                          test: {format: npy, features: rows.npy, labels: labels.npy}
                          normalize: min_max
                        model: [{linear: 33}, gelu, {dropout: 0.1}, {linear: 4}]
                        optimizer: {name: adam, lr: 0.01}
                        training: {epochs: 3, batch: 6, shards: 8, seed: 1}
                        logging: {every_steps: 1}
                        """)
            }
        }

        @Test(arguments: ["mlp", "cnn"])
        func atAnyRankCount(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try Self.configuration(data, model)
            var first: DTrainRun.Results?
            for way in Self.ways {
                let output = data.path("run")
                let settings = way.settings.flatMap { ["--set", $0] }
                let run = try DTrainRun.run(
                    way.ranks, ["--config", configuration, "--output", output, "--overwrite"] + settings,
                    environment: way.environment)
                try #require(run.exitCode == 0, "\(way.testDescription): \(run)")
                let results = try DTrainRun.results(output)
                if let first {
                    #expect(results.weights == first.weights, "\(way.testDescription): other weights")
                    #expect(results.metrics == first.metrics, "\(way.testDescription): other metrics")
                } else {
                    first = results
                    #expect(results.metrics.count > 10)
                }
            }
        }

        /// Gradients of 1e8, 1 and −1e8 cancel to what only the order of the sum decides.
        @Test func cancellingGradients() throws {
            let data = try TestData()
            defer { data.remove() }
            let program = try BuiltExecutable.path("training-controls")
            func weights(_ ranks: Int, _ control: String) throws -> Data {
                let output = data.path("line-\(control)-\(ranks)")
                let run = try MPIRun.run(
                    ranks: ranks, executable: program,
                    arguments: [
                        control, data.path("line.npy"), data.path("line-targets.npy"), output, "line",
                    ])
                try #require(run.exitCode == 0, "\(run)")
                return try Data(contentsOf: URL(fileURLWithPath: "\(output)/weights.safetensors"))
            }
            let alone = try weights(1, "none")
            for ranks in [2, 3, 4, 7] { #expect(try weights(ranks, "none") == alone) }
            // Controls: the comparison notices sums in rank order.
            let inRankOrder = try [3, 7].map { try weights($0, "sumInRankOrder") }
            #expect(inRankOrder.contains { $0 != alone })
        }

        /// A rank that skips a shard is noticed, and no rank does another's work.
        @Test func everyRankDoesItsShards() throws {
            let data = try TestData()
            defer { data.remove() }
            let program = try BuiltExecutable.path("training-controls")
            func run(_ ranks: Int, _ control: String) throws -> (weights: Data, counts: [Int]) {
                let output = data.path("cnn-\(control)-\(ranks)")
                let result = try MPIRun.run(
                    ranks: ranks, executable: program,
                    arguments: [control, data.path("images.npy"), data.path("labels.npy"), output, "cnn"])
                try #require(result.exitCode == 0, "\(result)")
                let line =
                    result.standardOutput.split(separator: "\n").first { $0.hasPrefix("executed ") } ?? ""
                let weights = try Data(contentsOf: URL(fileURLWithPath: "\(output)/weights.safetensors"))
                return (weights, line.split(separator: " ").dropFirst().compactMap { Int($0) })
            }
            let alone = try run(1, "none")
            #expect(alone.counts == [137])
            for ranks in [2, 3, 5] {
                let result = try run(ranks, "none")
                #expect(result.weights == alone.weights)
                let expected = (0..<ranks).map { (rank: Int) -> Int in
                    let shards: Range<Int> = rank * 8 / ranks..<(rank + 1) * 8 / ranks
                    let examples = [36, 36, 36, 29].map { (batch: Int) -> Int in
                        shards.upperBound * batch / 8 - shards.lowerBound * batch / 8
                    }
                    return examples.reduce(0, +)
                }
                #expect(result.counts == expected)
            }
            #expect(try run(2, "skipShard").weights != alone.weights)
        }
    }
}
