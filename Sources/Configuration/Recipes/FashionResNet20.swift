extension Recipe {
    /// The 20-layer residual network on Fashion-MNIST.
    static let fashionResNet20 = Recipe(
        name: "fashion-resnet20",
        yaml: """
            # Fashion-MNIST with the 20-layer residual network (He et al. 2016)
            data:
              root: /usr/share/datasets/fashion-mnist
              train: {format: idx, features: train-images-idx3-ubyte.gz, labels: train-labels-idx1-ubyte.gz}
              test: {format: idx, features: t10k-images-idx3-ubyte.gz, labels: t10k-labels-idx1-ubyte.gz}
              normalize: standardize
            model: {name: resnet20, blocks: 3, width: 16}
            loss: cross_entropy
            optimizer: {name: sgd, lr: 0.1, momentum: 0.9, weight_decay: 1.0e-4, nesterov: true}
            schedule: {name: cosine, warmup: 1}
            training: {epochs: 20, batch: 128, seed: 0}
            checkpoint: {every_epochs: 1, keep: 3}
            logging: {every_steps: 10}
            output: runs/fashion-resnet20

            """)
}
