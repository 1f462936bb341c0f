extension Study {
    /// A falling loss with a norm of the gradient that does not vanish, which rules critical points out.
    ///
    /// Of mini-batches the norm is that of their noise, too, so the whole training set as one batch is beside them.
    static let gradientNorm = Study(
        name: "gradient-norm",
        yaml: """
            # The gradient's norm over time while the loss falls, of the whole training set and of 16 examples
            title: The gradient's norm while the loss falls, of the whole training set and of 16 examples
            base: {recipe: fashion-mlp}
            set:
              data.train.limit: 3000
              schedule: {name: constant}
              logging.every_steps: 5
            runs:
              # The norm is that of the training loss itself, without noise.
              sgd-full: {training: {epochs: 200, batch: full, shards: 8}, optimizer: {name: sgd, lr: 0.1}}
              adam-full: {training: {epochs: 200, batch: full, shards: 8}, optimizer: {name: adam, lr: 0.001}}
              # The norm of 16 examples has their noise in it; its unbiased square has not.
              sgd-16: {training: {epochs: 2, batch: 16}, optimizer: {name: sgd, lr: 0.02}, logging.noise_scale: true, evaluation.every_steps: 20}
            quick:
              data.train.limit: 500
              data.test.limit: 2000
              model: [{avg_pool2d: 2}, flatten, {linear: 64}, relu, {linear: 10}]
              runs:
                sgd-full: {optimizer.lr: 0.3}
                adam-full: {optimizer.lr: 0.005}
                sgd-16: {training.epochs: 6}
            report: {against: step, metrics: [loss, gradient_norm, gradient_norm_squared_unbiased]}
            pictures:
              norm: {curves: [gradient_norm], against: step}
              loss: {curves: [loss], against: step}
              error: {curves: [test_loss], against: evaluation}
            output: studies/gradient-norm

            """)

    /// Which kind of critical points training reaches.
    static let criticalPoints = Study(
        name: "critical-points",
        yaml: """
            # Which kind of point training stops at: verdict, curvature and the share of positive eigenvalues
            title: What lies around the weights that training stops at, on 605 examples
            base: {recipe: fashion-mlp}
            set:
              # No multiple of 10, so that classes are not equally many and the last bias has something to learn.
              data.train.limit: 605
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
                training: {epochs: 300, batch: full, shards: 8}
                optimizer: {name: sgd, lr: 1.0}
                schedule: {name: constant}
                model: [flatten, {linear: 8}, tanh, {linear: 10}]
                init: {default: {weight: zeros, bias: zeros}}
              # Without hidden layers the loss is convex.
              logistic:
                training: {epochs: 2000, batch: full, shards: 8}
                optimizer: {name: sgd, lr: 0.5, momentum: 0.9, weight_decay: 0.05}
                schedule: {name: constant}
                model: [{avg_pool2d: 4}, flatten, {linear: 10}]
            quick: {data.train.limit: 105}
            report:
              against: run
              metrics: [diagnosed_loss, diagnosed_gradient_norm, critical_ratio, verdict, lambda_max, lambda_min, minimum_ratio, zero_ratio, negative_ratio]
              diagnose: 605
            pictures:
              spectrum: {scatter: [diagnosed_loss, minimum_ratio]}
            output: studies/critical-points

            """)

    /// The share of positive eigenvalues over many small networks.
    static let minimumRatio = Study(
        name: "minimum-ratio",
        yaml: """
            # The share of positive eigenvalues against the loss and the number of weights, over many small networks
            title: The share of positive eigenvalues of networks of four sizes that stopped at six times
            base: {recipe: fashion-mlp}
            set:
              data.train.limit: 1000
              data.test: null
              # Of 64 to 442 weights, few enough for all eigenvalues.
              model: [{avg_pool2d: 7}, flatten, {linear: 2}, tanh, {linear: 10}]
              training: {batch: full, shards: 8}
              optimizer: {name: sgd, lr: 0.2, momentum: 0.9}
              schedule: {name: constant}
              logging.every_steps: 1000
              checkpoint: {every_epochs: 1000000}
            vary:
              model.2.linear: [2, 4, 8, 16]
              training.epochs: [1, 10, 30, 100, 300, 1000]
            quick: {data.train.limit: 200}
            report:
              against: run
              metrics: [parameters, diagnosed_loss, minimum_ratio, zero_ratio, negative_ratio, lambda_max, lambda_min, critical_ratio, verdict]
              diagnose: 1000
            pictures:
              ratio: {scatter: [minimum_ratio, diagnosed_loss]}
              dimension: {scatter: [parameters, minimum_ratio]}
            output: studies/minimum-ratio

            """)
}
