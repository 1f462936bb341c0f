extension Study {
    /// What a larger batch gains and costs.
    ///
    /// Each rate has the lowest training loss after the 20 passes, of seed 0, among itself, about a third and about three
    /// times of it; these are the same on 500 and on 3000 examples.
    static let batchSize = Study(
        name: "batch-size",
        yaml: """
            # Times, steps to a loss, training and test accuracy against the batch size, each at its own rate
            title: Steps to a loss and accuracy after equally many passes, of batches from 1 to all examples at their own rates
            base: {recipe: fashion-mlp}
            set:
              data.train.limit: 3000
              model: [flatten, {linear: 128}, relu, {linear: 10}]
              training: {epochs: 20, shards: 8, seed: 0}
              optimizer: {name: sgd, lr: 0.3}
              schedule: {name: cosine, eta_min: 0.0001}
              evaluation: {train: true}
              logging: {every_steps: 20, predictions: false}
            runs:
              # Each rate was chosen by the training loss after 20 passes, from three in steps of about 3.
              batch-1: {training.batch: 1, optimizer.lr: 0.01, evaluation.every_steps: 600, logging.every_steps: 1000}
              batch-16-seed-0: &small {training.batch: 16, optimizer.lr: 0.1, evaluation.every_steps: 47, logging.noise_scale: true}
              batch-16-seed-1: {<<: *small, training.seed: 1}
              batch-16-seed-2: {<<: *small, training.seed: 2}
              batch-128: {training.batch: 128, evaluation.every_steps: 6, logging: {every_steps: 1, noise_scale: true}}
              batch-full-seed-0: &large {training.batch: full, logging: {every_steps: 1, noise_scale: true}}
              batch-full-seed-1: {<<: *large, training.seed: 1}
              batch-full-seed-2: {<<: *large, training.seed: 2}
            quick:
              data.train.limit: 500
              data.test.limit: 1000
              training.shards: 4
              runs:
                batch-1: {evaluation.every_steps: 250}
                batch-16-seed-0: {evaluation.every_steps: 16}
                batch-16-seed-1: {evaluation.every_steps: 16}
                batch-16-seed-2: {evaluation.every_steps: 16}
                batch-128: {evaluation.every_steps: 2}
            report:
              against: run
              metrics: [epoch_seconds, step_seconds, step, reach_step, reach_epoch, train_eval_loss, train_accuracy, test_loss, test_accuracy, generalization_gap]
              reach: {metric: train_eval_loss, value: 0.8}
            pictures:
              steps: {curves: [train_eval_loss], against: evaluation}
              passes: {curves: [train_accuracy, test_accuracy], against: epoch}
            output: studies/batch-size

            """)

    /// Whether large batches and Adam end in sharper minima, and whether these generalize worse.
    static let sharpness = Study(
        name: "sharpness",
        yaml: """
            # Largest curvature and generalization gap that small and large batches, adam and swats reach at about equal training accuracy
            title: Largest eigenvalue and generalization gap at about equal training accuracy, of three seeds
            base: {recipe: fashion-mlp}
            set:
              data.train.limit: 4000
              model: [{avg_pool2d: 2}, flatten, {linear: 32}, relu, {linear: 10}]
              training: {batch: 16, shards: 4, seed: 0}
              schedule: {name: constant}
              evaluation: {train: true}
              logging: {every_steps: 1000, predictions: false}
              checkpoint: {every_epochs: 1000000}
            runs:
              # The passes were chosen for about equal training accuracy on 1000 examples, as --quick has them.
              small-seed-0: &small {training.epochs: 30, optimizer: {name: sgd, lr: 0.01, momentum: 0.9}}
              small-seed-1: {<<: *small, training.seed: 1}
              small-seed-2: {<<: *small, training.seed: 2}
              large-seed-0: &large {training.batch: 500, training.epochs: 140, optimizer: {name: sgd, lr: 0.05, momentum: 0.9}}
              large-seed-1: {<<: *large, training.seed: 1}
              large-seed-2: {<<: *large, training.seed: 2}
              adam-seed-0: &adam {training.epochs: 50, optimizer: {name: adam, lr: 0.001}}
              adam-seed-1: {<<: *adam, training.seed: 1}
              adam-seed-2: {<<: *adam, training.seed: 2}
              swats-seed-0: &swats {training.epochs: 45, optimizer: {name: swats, lr: 0.001, tolerance: 1.0e-4}}
              swats-seed-1: {<<: *swats, training.seed: 1}
              swats-seed-2: {<<: *swats, training.seed: 2}
            quick: {data.train.limit: 1000, data.test.limit: 4000, diagnose: 500}
            report:
              against: run
              metrics: [train_accuracy, test_accuracy, train_eval_loss, test_loss, generalization_gap, lambda_max, lambda_min]
              diagnose: 4000
            pictures:
              gap: {scatter: [lambda_max, generalization_gap]}
              between: {landscape: small-seed-0, to: large-seed-0, points: 31, examples: 1000}
            output: studies/sharpness

            """)
}
