extension Study {
    /// Rates that are too small, right and too large.
    static let rates = Study(
        name: "rates",
        yaml: """
            # Loss against step at learning rates that are too small, right, too large, and far too large
            title: Loss against step at learning rates that are too small, right, too large, and far too large
            base: {recipe: fashion-mlp}
            set:
              training: {epochs: 2, batch: 128, shards: 8, seed: 0, max_skipped_steps: 1}
              model: {name: mlp, hidden: [64]}
              schedule: {name: constant}
              logging.every_steps: 10
              evaluation.train: true
            runs:
              too-small: {optimizer: {name: sgd, lr: 0.0003}}
              right: {optimizer: {name: sgd, lr: 0.1}}
              too-large: {optimizer: {name: sgd, lr: 1}}
              diverges: {optimizer: {name: sgd, lr: 1000}}
            quick: {training.epochs: 1, data.train.limit: 20000, data.test.limit: 2000}
            report: {against: run, metrics: [outcome, train_loss, train_eval_loss, test_accuracy]}
            pictures:
              loss: {curves: [loss], against: step, scale: log}
            output: studies/rates

            """)

    /// Why a rate must fall where gradients are noisy.
    static let decay = Study(
        name: "decay",
        yaml: """
            # A constant rate swings around the minimum and a falling rate settles; full batches need none
            title: Training loss at a constant and at a falling rate, with mini-batches and with full batches
            base: {recipe: fashion-mlp}
            set:
              data.train.limit: 2000
              model: [{avg_pool2d: 4}, flatten, {linear: 10}]
              training: {epochs: 40, batch: 10, shards: 4, seed: 0}
              optimizer: {name: sgd, lr: 0.3}
              schedule: {name: constant}
              evaluation.train: true
            runs:
              constant: {}
              falling: {schedule: {name: linear}}
              full-constant: {training.batch: full, training.epochs: 200}
            quick: {data.test.limit: 1000}
            report: {against: epoch, metrics: [train_eval_loss, test_loss]}
            pictures:
              loss: {curves: [train_eval_loss], against: epoch}
            output: studies/decay

            """)
}
