extension Recipe {
    /// The language of a word by its letters.
    static let languagesGRU = Recipe(
        name: "languages-gru",
        yaml: """
            # The language of a word, of eight, by its letters, with a bidirectional GRU
            data:
              root: data
              train: {format: text, files: languages.tsv, task: classification, tokens: characters, length: 48}
              validation: {fraction: 0.1}
            model:
              - embedding: {num_embeddings: 80, embedding_dim: 32}
              - gru: {hidden_size: 64, bidirectional: true}
              - sequence_pool: last
              - linear: 8
            loss: cross_entropy
            optimizer: {name: adam, lr: 2.0e-3}
            training: {epochs: 4, batch: 64, seed: 0}
            checkpoint: {every_epochs: 1, keep: 3}
            logging: {every_steps: 50}
            output: runs/languages-gru

            """)
}
