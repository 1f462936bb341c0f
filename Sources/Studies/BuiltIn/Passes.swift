extension Study {
    /// What the loss of a pass says about new examples: the first pass is unbiased, later ones are not.
    static let passes = Study(
        name: "passes",
        yaml: """
            # Training and test loss pass by pass: what the first pass says of new examples, and later ones do not
            title: Training and test loss at the same weights, pass by pass over the training set
            base: {recipe: fashion-mlp}
            set:
              training: {epochs: 8, batch: 64, shards: 8, seed: 0}
              optimizer: {name: sgd, lr: 0.02, momentum: 0.9}
              schedule: {name: constant}
              evaluation: {train: true, every_steps: 469}
              logging.every_steps: 1
            vary: {training.seed: [0, 1, 2]}
            quick:
              data.train.limit: 6400
              data.test.limit: 2000
              model: {name: mlp, hidden: [64]}
              evaluation.every_steps: 20
            report:
              against: epoch
              metrics: [train_loss, train_eval_loss, test_loss, test_accuracy, generalization_gap]
            pictures:
              loss: {curves: [train_eval_loss, test_loss], against: epoch}
              gap: {curves: [generalization_gap], against: epoch}
              steps: {curves: [train_eval_loss, test_loss], against: evaluation}
            output: studies/passes

            """)

    /// What one pass reaches, beside the gradient's norm.
    static let onePass = Study(
        name: "one-pass",
        yaml: """
            # The test error falls within the first pass over the training set, the gradient's norm hardly
            title: Test accuracy and the gradient's norm within one pass over the training set
            base: {recipe: fashion-mlp}
            set:
              training: {epochs: 1, batch: 64, shards: 8, seed: 0}
              optimizer: {name: sgd, lr: 0.05}
              schedule: {name: constant}
              evaluation.every_steps: 50
              logging.every_steps: 10
            vary: {training.seed: [0, 1, 2]}
            quick:
              data.test.limit: 2000
              model: {name: mlp, hidden: [64]}
            report:
              against: run
              metrics: [reach_step, steps, test_loss, test_accuracy]
              reach: {metric: test_accuracy, value: 0.8}
            pictures:
              accuracy: {curves: [test_accuracy], against: evaluation}
              gradient: {curves: [gradient_norm], against: step}
            output: studies/one-pass

            """)
}
