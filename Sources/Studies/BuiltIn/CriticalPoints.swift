extension Study {
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
