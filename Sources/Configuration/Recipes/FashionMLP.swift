extension Recipe {
    /// A small network of dense layers on Fashion-MNIST.
    static let fashionMLP = Recipe(
        name: "fashion-mlp",
        yaml: """
            # Fashion-MNIST with dense layers of 512 and 256 units, the quickest recipe
            data:
              root: /usr/share/datasets/fashion-mnist
              train: {format: idx, features: train-images-idx3-ubyte.gz, labels: train-labels-idx1-ubyte.gz}
              test: {format: idx, features: t10k-images-idx3-ubyte.gz, labels: t10k-labels-idx1-ubyte.gz}
              normalize: standardize
            model:
              - flatten
              - linear: 512
              - relu
              - linear: 256
              - relu
              - linear: 10
            loss: cross_entropy
            optimizer: {name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 5.0e-4}
            schedule: {name: cosine, warmup: 1}
            training: {epochs: 10, batch: 256, seed: 0}
            checkpoint: {every_epochs: 1, keep: 3}
            logging: {every_steps: 10}
            output: runs/fashion-mlp

            """)
}
