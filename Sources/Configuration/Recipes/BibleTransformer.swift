extension Recipe {
    /// A Transformer as a language model of the characters of a book.
    static let bibleTransformer = Recipe(
        name: "bible-transformer",
        yaml: """
            # The next character of the King James Bible, with a Transformer of four layers
            data:
              root: data
              train: {format: text, files: bible.txt, tokens: characters, length: 128}
              validation: {fraction: 0.05}
            model:
              - embedding: {num_embeddings: 63, embedding_dim: 128}
              - positional_embedding: 128
              - transformer_encoder: {num_layers: 4, nhead: 4, dim_feedforward: 512, activation: gelu, norm_first: true, causal: true}
              - layer_norm
              - linear: 63
            loss: cross_entropy
            optimizer: {name: adam, lr: 1.0e-3}
            schedule: {name: cosine, warmup_steps: 100}
            training: {epochs: 2, batch: 64, seed: 0}
            checkpoint: {every_epochs: 1, keep: 3}
            logging: {every_steps: 10}
            output: runs/bible-transformer

            """)
}
