extension Recipe {
    /// A recurrent language model of the characters of a book.
    static let bibleLSTM = Recipe(
        name: "bible-lstm",
        yaml: """
            # The next character of the King James Bible, with an LSTM of two layers
            data:
              root: data
              train: {format: text, files: bible.txt, tokens: characters, length: 128}
              validation: {fraction: 0.05}
            model:
              - embedding: {num_embeddings: 63, embedding_dim: 64}
              - lstm: {hidden_size: 256, num_layers: 2}
              - linear: 63
            loss: cross_entropy
            optimizer: {name: adam, lr: 2.0e-3}
            training: {epochs: 2, batch: 64, seed: 0}
            checkpoint: {every_epochs: 1, keep: 3}
            logging: {every_steps: 10}
            output: runs/bible-lstm

            """)
}
