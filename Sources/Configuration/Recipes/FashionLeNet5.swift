extension Recipe {
    /// LeNet-5 on Fashion-MNIST.
    static let fashionLeNet5 = Recipe(
        name: "fashion-lenet5",
        yaml: """
            # Fashion-MNIST with LeNet-5 (LeCun et al. 1998)
            data:
              root: /usr/share/datasets/fashion-mnist
              train: {format: idx, features: train-images-idx3-ubyte.gz, labels: train-labels-idx1-ubyte.gz}
              test: {format: idx, features: t10k-images-idx3-ubyte.gz, labels: t10k-labels-idx1-ubyte.gz}
              normalize: standardize
            model: lenet5
            loss: cross_entropy
            optimizer: {name: adam, lr: 1.0e-3}
            schedule: {name: cosine}
            training: {epochs: 10, batch: 128, seed: 0}
            checkpoint: {every_epochs: 1, keep: 3}
            logging: {every_steps: 10}
            output: runs/fashion-lenet5

            """)
}
