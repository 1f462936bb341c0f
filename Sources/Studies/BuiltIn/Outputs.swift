extension Study {
    /// Why squared errors of softmax outputs do not move where the outputs are far off.
    static let outputs = Study(
        name: "outputs",
        yaml: """
            # Squared error after softmax is flat far from the label, cross-entropy is steep
            title: Loss over two outputs, and training from wrong ones, by cross-entropy and squared error
            base: {recipe: wrong-outputs}
            runs:
              cross-entropy: {loss: cross_entropy}
              mse:
                loss: mse
                model: [{residual: {body: [sigmoid, {linear: {out: 3, bias: false, init: zeros}}]}}, softmax]
            report: {against: step, metrics: [loss, gradient_norm]}
            pictures:
              loss: {curves: [loss], against: step}
              gradient: {curves: [gradient_norm], against: step, scale: log}
              cross-entropy-surface: {landscape: cross-entropy, outputs: [0, 1], points: 41}
              mse-surface: {landscape: mse, outputs: [0, 1], points: 41}
            output: studies/outputs

            """)

    /// How far steps move what layers read.
    static let covariateShift = Study(
        name: "covariate-shift",
        yaml: """
            # Internal covariate shift with and without batch norm
            title: How far a step moves what each layer reads, with and without batch norm
            base: {recipe: fashion-mlp}
            set:
              # The network of Ioffe and Szegedy 2015, section 4.1: three layers of 100 sigmoid units, mini-batches of 60.
              optimizer: {name: sgd, lr: 0.1}
              schedule: {name: constant}
              training: {epochs: 20, batch: 60, shards: 4, seed: 0}
              logging: {every_steps: 50, covariate_shift: 50}
            runs:
              plain-seed-0: &plain
                model: [flatten, {linear: 100}, sigmoid, {linear: 100}, sigmoid, {linear: 100}, sigmoid, {linear: 10}]
              plain-seed-1: {<<: *plain, training.seed: 1}
              plain-seed-2: {<<: *plain, training.seed: 2}
              batch-norm-seed-0: &normalized
                model:
                  - flatten
                  - linear: 100
                  - batch_norm
                  - sigmoid
                  - linear: 100
                  - batch_norm
                  - sigmoid
                  - linear: 100
                  - batch_norm
                  - sigmoid
                  - linear: 10
              batch-norm-seed-1: {<<: *normalized, training.seed: 1}
              batch-norm-seed-2: {<<: *normalized, training.seed: 2}
            quick: {training.epochs: 4, data.train.limit: 3000, logging.every_steps: 5, logging.covariate_shift: 5}
            report: {against: step, metrics: [loss, covariate_shift_mean]}
            pictures:
              loss: {curves: [loss], against: step}
              shift: {curves: [covariate_shift_mean], against: step, scale: log}
            output: studies/covariate-shift

            """)
}
