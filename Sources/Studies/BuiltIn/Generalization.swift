extension Study {
    /// What a larger network fits, and what it generalizes.
    static let capacity = Study(
        name: "capacity",
        yaml: """
            # Training and test loss against the width of the hidden layer
            title: Training and test loss against the width of the hidden layer, on few examples
            base: {recipe: fashion-mlp}
            set:
              data.train.limit: 4000
              model: [flatten, {linear: 64}, relu, {linear: 10}]
              training: {epochs: 30, batch: 32, shards: 4, seed: 0}
              optimizer: {name: sgd, lr: 0.02, momentum: 0.9}
              schedule: {name: cosine, eta_min: 2.0e-4}
              evaluation.train: true
            vary:
              model.1.linear: [1, 4, 16, 64, 256]
              training.seed: [0, 1, 2]
            quick: {training.epochs: 12, data.train.limit: 800, data.test.limit: 1000}
            report:
              against: run
              metrics: [parameters, train_eval_loss, test_loss, generalization_gap, test_accuracy]
            pictures:
              loss: {curves: [train_eval_loss, test_loss], across: parameters, scale: log}
            output: studies/capacity

            """)

    /// What more examples do against over-fitting.
    static let data = Study(
        name: "data",
        yaml: """
            # Training and test loss against the number of training examples, after equally many steps
            title: Training and test loss against the number of training examples, after equally many steps
            base: {recipe: fashion-mlp}
            set:
              model: {name: mlp, hidden: [256]}
              training: {epochs: 1, batch: 32, shards: 4, seed: 0}
              optimizer: {name: sgd, lr: 0.02, momentum: 0.9}
              schedule: {name: cosine, eta_min: 2.0e-4}
              evaluation.train: true
            runs:
              examples-500-seed-0: &five {data.train.limit: 500, training.epochs: 64}
              examples-500-seed-1: {<<: *five, training.seed: 1}
              examples-500-seed-2: {<<: *five, training.seed: 2}
              examples-2000-seed-0: &two {data.train.limit: 2000, training.epochs: 16}
              examples-2000-seed-1: {<<: *two, training.seed: 1}
              examples-2000-seed-2: {<<: *two, training.seed: 2}
              examples-8000-seed-0: &eight {data.train.limit: 8000, training.epochs: 4}
              examples-8000-seed-1: {<<: *eight, training.seed: 1}
              examples-8000-seed-2: {<<: *eight, training.seed: 2}
              examples-32000-seed-0: &most {data.train.limit: 32000, training.epochs: 1}
              examples-32000-seed-1: {<<: *most, training.seed: 1}
              examples-32000-seed-2: {<<: *most, training.seed: 2}
            quick: {model: {name: mlp, hidden: [64]}, training.batch: 64, data.test.limit: 1000}
            report:
              against: run
              metrics: [examples, train_eval_loss, test_loss, generalization_gap, test_accuracy]
            pictures:
              loss: {curves: [train_eval_loss, test_loss], across: examples, scale: log}
            output: studies/data

            """)
}
