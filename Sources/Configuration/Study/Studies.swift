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

    /// How the loss falls under each update rule.
    static let optimizers = Study(
        name: "optimizers",
        yaml: """
            # Loss against epoch for sgd, momentum, adagrad, rmsprop, adam and radam from the same start
            title: Loss against epoch for six update rules from the same start
            base: {recipe: fashion-mlp}
            set:
              training.epochs: 6
              schedule: {name: constant}
            runs:
              sgd: {optimizer: {name: sgd, lr: 0.05}}
              momentum: {optimizer: {name: sgd, lr: 0.05, momentum: 0.9}}
              adagrad: {optimizer: {name: adagrad, lr: 0.01}}
              rmsprop: {optimizer: {name: rmsprop, lr: 0.001}}
              adam: {optimizer: {name: adam, lr: 0.001}}
              radam: {optimizer: {name: radam, lr: 0.001}}
            report: {against: epoch, metrics: [train_loss, test_accuracy]}
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
              training.batch: 1024
              optimizer: {name: sgd, lr: 0.4, momentum: 0.9}
            runs:
              none: {schedule: {name: cosine}}
              half-an-epoch: {schedule: {name: cosine, warmup: 0.5}}
              two-epochs: {schedule: {name: cosine, warmup: 2}}
              adam-none: {optimizer: {name: adam, lr: 0.01}, schedule: {name: cosine}}
              adam-half-an-epoch: {optimizer: {name: adam, lr: 0.01}, schedule: {name: cosine, warmup: 0.5}}
            report: {against: epoch, metrics: [train_loss, test_accuracy]}
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
            report: {against: epoch, metrics: [train_accuracy, test_accuracy]}
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
            report: {against: run, metrics: [train_loss, test_accuracy]}
            output: studies/normalization

            """)

    /// A falling loss with a growing gradient, which is no sign of a critical point.
    static let gradientNorm = Study(
        name: "gradient-norm",
        yaml: """
            # The gradient's norm over time while the loss falls
            title: The gradient's norm over time while the loss falls
            base: {recipe: fashion-mlp}
            set:
              training.epochs: 4
              training.batch: 1024
              logging.every_steps: 12
              schedule: {name: constant}
            runs:
              sgd: {optimizer: {name: sgd, lr: 0.1}}
              adam: {optimizer: {name: adam, lr: 0.001}}
            report: {against: step, metrics: [loss, gradient_norm]}
            output: studies/gradient-norm

            """)

    /// Which kind of critical points training reaches.
    static let criticalPoints = Study(
        name: "critical-points",
        yaml: """
            # Which kind of point training stops at: verdict, curvature and the share of positive eigenvalues
            title: What lies around the weights that training stops at, on 600 examples
            base: {recipe: fashion-mlp}
            set:
              data.validation: {fraction: 0.99}
              data.test: null
              logging.every_steps: 50
              checkpoint: {every_epochs: 1000000}
            runs:
              mlp-2-epochs: {training.epochs: 2}
              mlp-100-epochs: {training.epochs: 100}
              cnn-2-epochs: &cnn
                training.epochs: 2
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
              cnn-20-epochs: {<<: *cnn, training.epochs: 20}
              # From zeros no layer tells the other's units apart: nothing moves but the last bias.
              zeros:
                training: {epochs: 300, batch: full}
                optimizer: {name: sgd, lr: 1.0}
                schedule: {name: constant}
                model: [flatten, {linear: 8}, tanh, {linear: 10}]
                init: {default: {weight: zeros, bias: zeros}}
              # Without hidden layers the loss is convex.
              logistic:
                training: {epochs: 2000, batch: full}
                optimizer: {name: sgd, lr: 0.5, momentum: 0.9, weight_decay: 0.05}
                schedule: {name: constant}
                model: [{avg_pool2d: 4}, flatten, {linear: 10}]
            report:
              against: run
              metrics: [diagnosed_loss, diagnosed_gradient_norm, critical_ratio, verdict, lambda_max, lambda_min, minimum_ratio, zero_ratio, negative_ratio]
              diagnose: 60000
            output: studies/critical-points

            """)
}
