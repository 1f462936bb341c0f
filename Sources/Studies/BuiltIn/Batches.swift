extension Study {
    /// What a larger batch gains and costs.
    static let batchSize = Study(
        name: "batch-size",
        yaml: """
            # Time of an epoch, training and test accuracy against the batch size
            title: Time of an epoch, training and test accuracy against the batch size
            base: {recipe: fashion-mlp}
            set:
              training.epochs: 5
              optimizer: {name: sgd, lr: 0.01, momentum: 0.9}
              schedule: {name: constant}
              evaluation.train: true
            vary: {training.batch: [16, 64, 256, 1024, 4096]}
            report: {against: run, metrics: [epoch_seconds, train_loss, train_accuracy, test_accuracy]}
            output: studies/batch-size

            """)
}
