import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Language models of text, and what they go on with.
    @Suite struct TextGeneration {
        private static let models = [
            "lstm": """
            - embedding: {num_embeddings: 20, embedding_dim: 8}
            - lstm: {hidden_size: 12, num_layers: 2}
            - linear: 20
            """,
            "gru": """
            - embedding: {num_embeddings: 20, embedding_dim: 8}
            - gru: 12
            - rnn: {hidden_size: 10, nonlinearity: relu}
            - rnn: 9
            - linear: 20
            """,
            "transformer": """
            - embedding: {num_embeddings: 20, embedding_dim: 8}
            - positional_embedding: 24
            - transformer_encoder: {nhead: 2, num_layers: 2, dim_feedforward: 20, causal: true}
            - rms_norm
            - multihead_attention: {num_heads: 4, causal: true}
            - linear: 20
            """,
            "sinusoidal": """
            - embedding: {num_embeddings: 20, embedding_dim: 8}
            - sinusoidal_encoding
            - transformer_encoder: {nhead: 2, num_layers: 1, dim_feedforward: 20, norm_first: true, causal: true}
            - linear: 20
            """,
        ]

        private static let text = String(
            repeating: "the quick red fox; the lazy dog.\nthere is a dog that is quick\n", count: 12)

        private func configuration(
            _ data: TestData, _ model: String, tokens: String = "characters", text: String = text
        ) throws -> String {
            try data.write("text.txt", text: text)
            return try data.write(
                "\(model).yaml",
                text: """
                    data:
                      train: {format: text, files: text.txt, tokens: \(tokens), length: 17, vocabulary: 20}
                      validation: {fraction: 0.1}
                    model:
                    \(Self.models[model] ?? model)
                    optimizer: {name: adam, lr: 0.02}
                    training: {epochs: 2, batch: 8, shards: 8, seed: 1}
                    """)
        }

        private func generate(_ ranks: Int, _ folder: String, _ arguments: [String]) throws -> ProcessResult {
            try DTrainRun.run(ranks, ["generate", folder, "--prompt", "the dog"] + arguments)
        }

        /// The same text at any number of ranks for a seed, other text for another one, and at temperature 0 always the
        /// likeliest, which recomputing by prediction gives too.
        @Test(arguments: models.keys.sorted())
        func sameText(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let folder = data.path("run")
            let file = try configuration(data, model)
            let run = try DTrainRun.run(2, ["--config", file, "--output", folder])
            try #require(run.exitCode == 0, "\(run)")
            var texts: [String] = []
            for (ranks, arguments) in [
                (1, ["--tokens", "60", "--seed", "3"]), (2, ["--tokens", "60", "--seed", "3"]),
                (3, ["--tokens", "60", "--seed", "3"]), (1, ["--tokens", "60", "--seed", "4"]),
                (2, ["--tokens", "60", "--temperature", "0"]),
                (1, ["--tokens", "60", "--temperature", "0.5", "--top-k", "1", "--seed", "9"]),
            ] {
                let made = try generate(ranks, folder, arguments)
                try #require(made.exitCode == 0, "\(made)")
                texts.append(made.standardOutput)
                #expect(
                    made.standardError.contains("tells 24 positions apart") == (model == "transformer"),
                    "\(made)")
            }
            #expect(texts[0] == texts[1] && texts[0] == texts[2] && texts[0] != texts[3])
            #expect(texts[4] == texts[5])
            for text in texts { #expect(text.hasPrefix("the dog") && text.unicodeScalars.count == 68) }
            // As evaluation sees the text, each token that follows is the likeliest one.
            let greedy = Array(texts[4].dropLast().unicodeScalars.prefix(17)).map { String($0) }
            try data.write("greedy.txt", text: greedy.joined())
            let predicted = try DTrainRun.run(
                2, ["predict", folder, "--data", data.path("greedy.txt")])
            try #require(predicted.exitCode == 0, "\(predicted)")
            let normalization = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(filePath: "\(folder)/normalization.json")))
            let vocabulary = ((normalization as? [String: Any])?["vocabulary"] as? [String: Any])?["texts"]
            let tokens = try #require(vocabulary as? [String])
            for line in predicted.standardOutput.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: ",")
                let (position, said) = (Int(fields[1]) ?? 0, Int(fields[2]) ?? 0)
                guard position >= 6, position + 1 < greedy.count else { continue }
                #expect(tokens[said] == greedy[position + 1], "position \(position)")
            }
        }

        /// Words and bytes too, in the same bytes of weights at any number of ranks.
        @Test(arguments: ["words", "bytes"])
        func otherTokens(_ tokens: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let model =
                tokens == "bytes"
                ? "- embedding: {num_embeddings: 256, embedding_dim: 8}\n- lstm: 8\n- linear: 256"
                : "- embedding: {num_embeddings: 20, embedding_dim: 8}\n- gru: 8\n- linear: 20"
            var file = try configuration(data, "gru", tokens: tokens)
            var text = try String(contentsOfFile: file, encoding: .utf8)
            text = text.replacing(Self.models["gru"] ?? "", with: model)
            if tokens == "bytes" { text = text.replacing(", vocabulary: 20", with: "") }
            file = try data.write("other.yaml", text: text)
            var first: DTrainRun.Results?
            for ranks in [1, 2, 3, 4] {
                let folder = data.path("\(ranks)")
                let run = try DTrainRun.run(ranks, ["--config", file, "--output", folder])
                try #require(run.exitCode == 0, "\(run)")
                let results = try DTrainRun.results(folder)
                #expect(results == first ?? results)
                first = first ?? results
            }
            let made = try generate(2, data.path("1"), ["--tokens", "9", "--temperature", "0"])
            try #require(made.exitCode == 0, "\(made)")
            #expect(made.standardOutput.hasPrefix("the dog"), "\(made)")
        }

        /// What cannot go on is one line.
        @Test(arguments: [
            (
                "bidirectional",
                "- embedding: {num_embeddings: 20, embedding_dim: 8}\n- lstm: {hidden_size: 4, bidirectional: true}\n- linear: 20",
                "a bidirectional layer reads what comes later"
            ),
            (
                "attention",
                "- embedding: {num_embeddings: 20, embedding_dim: 8}\n- multihead_attention: 2\n- linear: 20",
                "attention that is not causal reads what comes later"
            ),
            (
                "convolution",
                "- embedding: {num_embeddings: 20, embedding_dim: 8}\n- transpose\n- conv1d: {out: 8, kernel: 3, padding: 1}\n- transpose\n- linear: 20",
                "transpose lets layers read positions that come later"
            ),
        ])
        func refusedModels(_ name: String, _ model: String, _ says: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let folder = data.path("run")
            let file = try configuration(data, model)
            let run = try DTrainRun.run(2, ["--config", file, "--output", folder, "--epochs", "1"])
            try #require(run.exitCode == 0, "\(run)")
            let made = try generate(2, folder, ["--tokens", "9"])
            #expect(made.exitCode == 78 && made.standardError.contains(says), "\(made)")
        }

        @Test func refusedPrompts() throws {
            let data = try TestData()
            defer { data.remove() }
            let folder = data.path("run")
            let run = try DTrainRun.run(
                1, ["--config", try configuration(data, "gru"), "--output", folder, "--epochs", "1"])
            try #require(run.exitCode == 0, "\(run)")
            for (prompt, more, code, says) in [
                ("", [], 64, "--prompt is empty"),
                ("the", ["--temperature=-1"], 64, "--temperature must be a finite number, at least 0"),
                ("the", ["--top-k", "0"], 64, "--top-k must be at least 1"),
                ("the", ["--tokens", "0"], 64, "--tokens must be from 1"),
            ] as [(String, [String], Int32, String)] {
                let made = try DTrainRun.run(1, ["generate", folder, "--prompt", prompt] + more)
                #expect(made.exitCode == code && made.standardError.contains(says), "\(made)")
            }
            // Twenty tokens are not all of these, so that there is an unknown one; without it, Z is none.
            let plain = try data.write(
                "plain.yaml",
                text: try String(contentsOfFile: data.path("gru.yaml"), encoding: .utf8)
                    .replacing("vocabulary: 20", with: "unknown: false")
                    .replacing("20", with: "40"))
            let other = try DTrainRun.run(
                1, ["--config", plain, "--output", data.path("plain"), "--epochs", "1"])
            try #require(other.exitCode == 0, "\(other)")
            let made = try DTrainRun.run(1, ["generate", data.path("plain"), "--prompt", "Z"])
            #expect(
                made.exitCode == 65
                    && made.standardError.contains("\"Z\" is not in the vocabulary of the training set"),
                "\(made)")
        }

        @Test func noLanguageModel() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("lines.tsv", text: "a\txyx\nb\tzz\na\txx\nb\tzy\n")
            let file = try data.write(
                "lines.yaml",
                text: """
                    data: {train: {format: text, files: lines.tsv, task: classification, length: 4}}
                    model: [{embedding: {num_embeddings: 4, embedding_dim: 3}}, {sequence_pool: mean}, {linear: 2}]
                    training: {epochs: 1, batch: 2}
                    """)
            let folder = data.path("run")
            let run = try DTrainRun.run(2, ["--config", file, "--output", folder])
            try #require(run.exitCode == 0, "\(run)")
            let made = try generate(1, folder, [])
            #expect(made.exitCode == 78 && made.standardError.contains("is no language model"), "\(made)")
        }
    }
}
