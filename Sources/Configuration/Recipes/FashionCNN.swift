extension Recipe {
    /// A convolutional network with batch norm on Fashion-MNIST.
    static let fashionCNN = Recipe(
        name: "fashion-cnn",
        yaml: """
            # Fashion-MNIST with two convolutions and batch norm, the default recipe
            data:
              root: /usr/share/datasets/fashion-mnist
              train: {format: idx, features: train-images-idx3-ubyte.gz, labels: train-labels-idx1-ubyte.gz}
              test: {format: idx, features: t10k-images-idx3-ubyte.gz, labels: t10k-labels-idx1-ubyte.gz}
              normalize: standardize
            model:
              - conv2d: {out: 32, kernel: 3, padding: 1, bias: false}
              - batch_norm
              - relu
              - max_pool2d: 2
              - conv2d: {out: 64, kernel: 3, padding: 1, bias: false}
              - batch_norm
              - relu
              - max_pool2d: 2
              - flatten
              - linear: 128
              - relu
              - linear: 10
            loss: cross_entropy
            optimizer: {name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 5.0e-4}
            schedule: {name: cosine, warmup: 1}
            training: {epochs: 5, batch: 256, seed: 0}
            checkpoint: {every_epochs: 1, keep: 3}
            logging: {every_steps: 10}
            output: runs/fashion-cnn

            """)
}
