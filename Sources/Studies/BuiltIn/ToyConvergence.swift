extension Study {
    /// How fast stochastic descent comes to the minimum of convex losses.
    static let convergence = Study(
        name: "convergence",
        yaml: """
            # Stochastic descent on convex losses: rates as 1/√k, 1/k and constant
            title: The excess error of stochastic descent on a convex and on a strongly convex loss
            base: {recipe: twenty-examples}
            set:
              # The loss of w is that of single examples whose targets are the ten unit vectors.
              data.train:
                {format: inline, rows: [[1], [1], [1], [1], [1], [1], [1], [1], [1], [1]], labels: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}
              data.shuffle: replacement
              model: [{linear: {out: 10, bias: false, init: {name: constant, val: 0.2}}}]
              training.epochs: 2000
              optimizer: {name: sgd, lr: 0.5}
              evaluation: {train: true, every_steps: 8}
              checkpoint.every_epochs: 0
              logging: {every_steps: 100, parameters: 0, tensorboard: false}
            runs:
              # Convex: a sum of absolute values, whose least value is 1, at 0.
              convex-root: &convex {loss: {name: l1, reduction: sum_outputs}, schedule: {name: inverse_sqrt, warmup_steps: 1}}
              convex-constant: {<<: *convex, optimizer.lr: 0.03, schedule: {name: constant}}
              # Strongly convex: a sum of squares, whose least value is 0.9, at 0.1. A rate of 1/(k + 2).
              strong-inverse: &strong {loss: {name: mse, reduction: sum_outputs}, schedule: {name: inverse, tau: 0.2}}
              strong-root: {<<: *strong, schedule: {name: inverse_sqrt, warmup_steps: 1}}
            report: {against: evaluation, metrics: [train_eval_loss]}
            pictures:
              loss: {curves: [train_eval_loss], against: evaluation, scale: log}
            quick: {training.epochs: 400}
            output: studies/convergence

            """)

    /// What Nesterov's momentum gains without noise, and loses with it.
    static let nesterov = Study(
        name: "nesterov",
        yaml: """
            # Nesterov's momentum and plain descent on a quadratic loss, with the full batch and with mini-batches
            title: The excess error of plain descent and of Nesterov's momentum, without and with noise
            base: {recipe: valley}
            set:
              # Curvatures 1, 1/4, ... 1/16384, the minimum at (1, ... 1), and a least loss of 0.01.
              data.train:
                format: inline
                rows: [
                  [2, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0],
                  [0, 1, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0],
                  [0, 0, 0.5, 0, 0, 0, 0, 0], [0, 0, 0.5, 0, 0, 0, 0, 0],
                  [0, 0, 0, 0.25, 0, 0, 0, 0], [0, 0, 0, 0.25, 0, 0, 0, 0],
                  [0, 0, 0, 0, 0.125, 0, 0, 0], [0, 0, 0, 0, 0.125, 0, 0, 0],
                  [0, 0, 0, 0, 0, 0.0625, 0, 0], [0, 0, 0, 0, 0, 0.0625, 0, 0],
                  [0, 0, 0, 0, 0, 0, 0.03125, 0], [0, 0, 0, 0, 0, 0, 0.03125, 0],
                  [0, 0, 0, 0, 0, 0, 0, 0.015625], [0, 0, 0, 0, 0, 0, 0, 0.015625],
                ]
                labels: [
                  [2.1], [1.9], [1.1], [0.9], [0.6], [0.4], [0.35], [0.15],
                  [0.225], [0.025], [0.1625], [-0.0375], [0.13125], [-0.06875], [0.115625], [-0.084375],
                ]
              data.shuffle: replacement
              training.epochs: 400
              optimizer: {name: sgd, lr: 1}
              evaluation: {train: true}
              checkpoint.every_epochs: 0
              logging: {parameters: 0, tensorboard: false}
            runs:
              # The rate is one over the largest curvature.
              full-plain: {data.shuffle: none}
              full-nesterov:
                data.shuffle: none
                optimizer: &nesterov {name: sgd, lr: 1, momentum: 0.9, nesterov: true}
                schedule: &momentum {name: constant, momentum: nesterov}
              mini-batch-plain: &small {training.batch: 4, training.epochs: 200, optimizer.lr: 0.1}
              mini-batch-nesterov: {<<: *small, optimizer: *nesterov, optimizer.lr: 0.1, schedule: *momentum}
            report: {against: epoch, metrics: [step, train_eval_loss]}
            pictures:
              loss: {curves: [train_eval_loss], against: epoch, scale: log}
            output: studies/nesterov

            """)

    /// What becomes of adaptive rates where the gradient stays the same.
    static let adaptiveRates = Study(
        name: "adaptive-rates",
        yaml: """
            # The rates of AdaGrad and RMSProp along a constant gradient
            title: The rate that a weight has under AdaGrad and RMSProp while its gradient stays 1
            base: {recipe: two-weights}
            set:
              # |w - 1000000| falls by one with each unit of w.
              data.train: {format: inline, rows: [[1]], labels: [[1000000]]}
              model: [{linear: {out: 1, bias: false, init: zeros}}]
              loss: l1
              training.epochs: 1000
              logging: {effective_rates: 1, parameters: 0, tensorboard: false}
              checkpoint.every_epochs: 0
            runs:
              adagrad: {optimizer: {name: adagrad, lr: 0.01}}
              adagrad-mean: {optimizer: {name: adagrad, lr: 0.01, mean: true}}
              rmsprop: {optimizer: {name: rmsprop, lr: 0.01}}
            report: {against: step, metrics: [effective_rate_mean]}
            pictures:
              rates: {curves: [effective_rate_mean], against: step, scale: log}
            output: studies/adaptive-rates

            """)

    /// When a rare gradient that matters is drowned by many that do not.
    /// The kind of problem is that of Reddi et al. 2018, with a loss that has a minimum.
    static let lateGradients = Study(
        name: "late-gradients",
        yaml: """
            # One strong example against nineteen weak ones: Adam drifts to the wrong side, AMSGrad does not
            title: Where Adam and AMSGrad go if one example in twenty has a gradient of 20 and the others one of -1
            base: {recipe: twenty-examples}
            set:
              # L = (19 |w - 1| + |20 w + 20|) / 20 rises from its minimum at -1 by 0.05 w up to 1, and steeply on both sides.
              data.train:
                format: inline
                rows: [[20], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1]]
                labels: [[-20], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1], [1]]
              model: [{linear: {out: 1, bias: false, init: zeros}}]
              loss: l1
              training.epochs: 500
              evaluation.train: true
              logging: {every_steps: 20, parameters: 20, tensorboard: false}
              checkpoint.every_epochs: 0
            runs:
              # The second moment's memory of ten steps is shorter than the time between two strong gradients.
              adam: {optimizer: {name: adam, lr: 0.03, betas: [0, 0.9]}}
              amsgrad: {optimizer: {name: amsgrad, lr: 0.03, betas: [0, 0.9]}}
              adam-long-memory: {optimizer: {name: adam, lr: 0.03, betas: [0, 0.999]}}
              sgd: {optimizer: {name: sgd, lr: 0.01}}
            report: {against: run, metrics: [train_eval_loss]}
            pictures:
              line: {landscape: sgd, path: [adam, amsgrad], range: [-1.5, 1.5], points: 121}
              loss: {curves: [train_eval_loss], against: epoch}
            output: studies/late-gradients

            """)
}
