import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Models of sequences: tokens in a file of numbers, one label for each sequence.
    @Suite struct Sequences {
        private static let models = [
            "lstm": """
            - embedding: {num_embeddings: 9, embedding_dim: 7, padding_idx: 0}
            - lstm: {hidden_size: 10, num_layers: 2, bidirectional: true, dropout: 0.2}
            - sequence_pool: last
            """,
            "gru": """
            - embedding: {num_embeddings: 9, embedding_dim: 7}
            - gru: 10
            - rnn: {hidden_size: 9, nonlinearity: relu}
            - sequence_pool: max
            """,
            "transformer": """
            - embedding: {num_embeddings: 9, embedding_dim: 8}
            - positional_embedding: 6
            - transformer_encoder: {nhead: 2, num_layers: 2, dim_feedforward: 20, dropout: 0.1, causal: true}
            - rms_norm
            - multihead_attention: 2
            - sequence_pool: mean
            """,
            "dense": """
            - embedding: {num_embeddings: 9, embedding_dim: 7}
            - linear: 12
            - relu
            - layer_norm
            - sequence_pool: mean
            """,
            "convolution": """
            - embedding: {num_embeddings: 9, embedding_dim: 8}
            - sinusoidal_encoding
            - transpose
            - conv1d: {out: 6, kernel: 3, padding: 2, dilation: 2}
            - relu
            - max_pool1d: 2
            - transpose
            - sequence_pool: mean
            """,
        ]

        private static func token(_ place: Int) -> Double {
            let number = place * 7 + place / 6 * 5 + place / 11
            return Double(number % 9)
        }

        /// Forty sequences of six tokens, whose label is whether the first is in the lower half.
        private func configuration(_ data: TestData, _ model: String, tokens: [Double]? = nil) throws
            -> String
        {
            let tokens = tokens ?? (0..<240).map(Self.token)
            try data.write("tokens.npy", shape: [40, 6], doubles: tokens)
            try data.write("halves.npy", (0..<40).map { Int64(tokens[$0 * 6] < 4 ? 0 : 1) })
            return try data.write(
                "\(model).yaml",
                text: """
                    data:
                      train: {format: npy, features: tokens.npy, labels: halves.npy}
                      test: {format: npy, features: tokens.npy, labels: halves.npy}
                      normalize: none
                    model:
                    \(Self.models[model] ?? "")
                    - linear: 2
                    optimizer: {name: adam, lr: 0.02}
                    training: {epochs: 3, batch: 11, shards: 8, seed: 1}
                    logging: {every_steps: 1}
                    """)
        }

        @Test(arguments: models.keys.sorted())
        func sameBytes(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, model)
            var first: DTrainRun.Results?
            let ways =
                [1, 2, 3, 4, 7].map { SameBytes.Way(ranks: $0) } + [
                    SameBytes.Way(ranks: 3, settings: ["training.transport=point_to_point"]),
                    SameBytes.Way(ranks: 2, settings: ["training.workers=2"]),
                ]
            for (number, way) in ways.enumerated() {
                let folder = data.path("\(number)")
                let settings = way.settings.flatMap { ["--set", $0] }
                let run = try DTrainRun.run(way.ranks, ["--config", file, "--output", folder] + settings)
                try #require(run.exitCode == 0, "\(way): \(run)")
                let results = try DTrainRun.results(folder)
                #expect(results == first ?? results, "\(way)")
                first = first ?? results
            }
            // In mid-epoch, on another number of ranks.
            let folder = data.path("stopped")
            let stopped = try DTrainRun.run(2, ["--config", file, "--output", folder, "--steps", "6"])
            try #require(stopped.exitCode == 0, "\(stopped)")
            let resumed = try DTrainRun.run(3, ["--resume", folder])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(try DTrainRun.results(folder) == first)
        }

        /// In bfloat16 too, where products are rounded and what is between them is not.
        @Test(arguments: ["lstm", "transformer"])
        func lowerPrecision(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, model)
            var results: [DTrainRun.Results] = []
            for (ranks, precision) in [(1, "bfloat16"), (3, "bfloat16"), (2, "float32")] {
                let folder = data.path("\(ranks)")
                let run = try DTrainRun.run(
                    ranks, ["--config", file, "--output", folder, "--set", "training.precision=\(precision)"])
                try #require(run.exitCode == 0, "\(run)")
                results.append(try DTrainRun.results(folder))
            }
            #expect(results[0] == results[1])
            #expect(results[0].weights != results[2].weights)
        }

        /// Derivatives of derivatives exist: a diagnosis has an answer.
        @Test(arguments: models.keys.sorted())
        func diagnosis(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let folder = data.path("run")
            let file = try configuration(data, model)
            let run = try DTrainRun.run(2, ["--config", file, "--output", folder, "--epochs", "1"])
            try #require(run.exitCode == 0, "\(run)")
            let diagnosis = try DTrainRun.run(2, ["diagnose", folder, "--json"])
            #expect(
                diagnosis.exitCode == 0 && diagnosis.standardOutput.contains("\"lambda_max\""), "\(diagnosis)"
            )
        }

        /// What layers read of a sequence is counted by its positions, and looked at unit by unit.
        @Test func positionsAreRows() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, "dense")
            var shifts: [String] = []
            for ranks in [1, 3] {
                let folder = data.path("\(ranks)")
                let run = try DTrainRun.run(
                    ranks, ["--config", file, "--output", folder, "--set", "logging.covariate_shift=2"])
                try #require(run.exitCode == 0, "\(run)")
                let metrics = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
                let lines = metrics.split(separator: "\n").filter { $0.contains("covariate") }
                try #require(!lines.isEmpty, "\(metrics)")
                shifts.append(lines.joined(separator: "\n").replacing(/"[a-z_]*seconds?":[^,}]*/, with: ""))
            }
            #expect(shifts[0] == shifts[1])
            let causes = try DTrainRun.run(2, ["diagnose", data.path("1"), "--why"])
            #expect(causes.exitCode == 0, "\(causes)")
        }

        /// What is no token, and what would scale tokens, is one line.
        @Test(arguments: [(9.0, "9.0"), (-1, "-1.0"), (2.5, "2.5")])
        func badTokens(_ token: Double, _ text: String) throws {
            let data = try TestData()
            defer { data.remove() }
            var tokens = Array(repeating: 1.0, count: 240)
            tokens[5 * 6 + 2] = token
            let file = try configuration(data, "lstm", tokens: tokens)
            let run = try DTrainRun.run(2, ["--config", file, "--output", data.path("run")])
            #expect(run.exitCode == 65 || run.exitCode == 78, "\(run)")
            #expect(
                run.standardError.contains("feature \(text) of example 5, position 2, is no token")
                    && run.standardError.contains("whole numbers from 0 to 8"), "\(run)")
        }

        @Test func scaledTokens() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, "lstm")
            let run = try DTrainRun.run(
                2, ["--config", file, "--output", data.path("run"), "--set", "data.normalize=standardize"])
            #expect(
                run.exitCode == 78 && run.standardError.contains("set data.normalize to none"), "\(run)")
        }
    }
}
