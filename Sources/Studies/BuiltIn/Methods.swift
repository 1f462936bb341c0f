extension Study {
    /// How the loss falls under each update rule.
    static let optimizers = Study(
        name: "optimizers",
        yaml: """
            # Loss against epoch for sgd, momentum, adagrad, rmsprop, adadelta, adam and radam from the same start
            title: Loss against epoch for seven update rules from the same start
            base: {recipe: fashion-mlp}
            set:
              training.epochs: 6
              schedule: {name: constant}
            runs:
              sgd: {optimizer: {name: sgd, lr: 0.05}}
              momentum: {optimizer: {name: sgd, lr: 0.05, momentum: 0.9}}
              adagrad: {optimizer: {name: adagrad, lr: 0.01}}
              rmsprop: {optimizer: {name: rmsprop, lr: 0.001}}
              adadelta: {optimizer: {name: adadelta, lr: 1}}
              adam: {optimizer: {name: adam, lr: 0.001}}
              radam: {optimizer: {name: radam, lr: 0.001}}
            quick:
              training: {epochs: 3, batch: 64, shards: 8, seed: 0}
              data.train.limit: 6000
              data.test.limit: 1000
              model: {name: mlp, hidden: [64]}
            report: {against: epoch, metrics: [train_loss, test_accuracy]}
            pictures:
              loss: {curves: [train_loss], against: epoch}
              steps: {curves: [loss], against: step}
            output: studies/optimizers

            """)

    /// What a warm-up saves if the learning rate is too high at first.
    static let warmup = Study(
        name: "warmup",
        yaml: """
            # Loss against epoch with and without a linear warm-up, at a high learning rate and a large batch
            title: Loss against epoch with and without a linear warm-up
            base: {recipe: fashion-cnn}
            set:
              training.epochs: 4
              training: {batch: 1024, shards: 8}
              optimizer: {name: sgd, lr: 0.4, momentum: 0.9}
            runs:
              none: {schedule: {name: cosine}}
              half-an-epoch: {schedule: {name: cosine, warmup: 0.5}}
              two-epochs: {schedule: {name: cosine, warmup: 2}}
              adam-none: {optimizer: {name: adam, lr: 0.01}, schedule: {name: cosine}}
              adam-half-an-epoch: {optimizer: {name: adam, lr: 0.01}, schedule: {name: cosine, warmup: 0.5}}
            quick:
              training.batch: 256
              data.train.limit: 5120
              data.test.limit: 1000
              model: {name: cnn, channels: [8, 16], hidden: 32}
            report: {against: epoch, metrics: [train_loss, test_accuracy]}
            pictures:
              loss: {curves: [train_loss], against: epoch}
              steps: {curves: [loss], against: step}
            output: studies/warmup

            """)

    /// Why classification is not trained on squared errors.
    static let loss = Study(
        name: "loss",
        yaml: """
            # Mean squared error on softmax outputs against cross-entropy, from the same start
            title: Accuracy against epoch of mse on softmax outputs and of cross-entropy, from the same start
            base: {recipe: fashion-mlp}
            set:
              training.epochs: 5
              schedule: {name: constant}
              evaluation.train: true
            runs:
              cross_entropy: {}
              mse: &softmax
                loss: mse
                model: [flatten, {linear: 512}, relu, {linear: 256}, relu, {linear: 10}, softmax]
              # The mean over 10 outputs makes gradients a tenth of the sum's.
              mse-sum: {<<: *softmax, loss: {name: mse, reduction: sum_outputs}}
            quick: {training.epochs: 3, data.train.limit: 6000, data.test.limit: 1000}
            report: {against: epoch, metrics: [train_accuracy, test_accuracy]}
            pictures:
              accuracy: {curves: [train_accuracy], against: epoch}
              steps: {curves: [gradient_norm], against: step}
            output: studies/loss

            """)

    /// How the scale of inputs and activations decides which learning rates work.
    static let normalization = Study(
        name: "normalization",
        yaml: """
            # Which learning rates work without normalization, with min_max, with standardize, and with batch norm
            title: Loss and accuracy after three epochs by normalization and learning rate
            base: {recipe: fashion-mlp}
            set:
              training.epochs: 3
              optimizer: {name: sgd, lr: 0.01}
              schedule: {name: constant}
            vary:
              data.normalize: [none, min_max, standardize]
              optimizer.lr: [0.001, 0.01, 0.1]
            runs:
              batch_norm-lr-0.001:
                optimizer.lr: 0.001
                model: &normalized
                  [flatten, {linear: 512}, batch_norm, relu, {linear: 256}, batch_norm, relu, {linear: 10}]
              batch_norm-lr-0.01: {optimizer.lr: 0.01, model: *normalized}
              batch_norm-lr-0.1: {optimizer.lr: 0.1, model: *normalized}
            quick: {training.epochs: 2, training.batch: 64, data.train.limit: 3000, data.test.limit: 1000}
            report: {against: run, metrics: [outcome, train_loss, test_accuracy]}
            pictures:
              loss: {curves: [train_loss], against: epoch, scale: log}
            output: studies/normalization

            """)
}
