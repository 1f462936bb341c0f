extension Study {
    /// Which first values training starts from with success.
    static let firstValues = Study(
        name: "init",
        yaml: """
            # Which first values a network of six layers trains from, and what other seeds change
            title: Loss and accuracy of a network of six layers by first values and seeds
            base: {recipe: fashion-mlp}
            set:
              training: {epochs: 2, batch: 128, shards: 8, seed: 0, max_skipped_steps: 2}
              optimizer: {name: sgd, lr: 0.1}
              schedule: {name: constant}
              model:
                [flatten, {linear: 64}, relu, {linear: 64}, relu, {linear: 64}, relu, {linear: 64}, relu,
                {linear: 64}, relu, {linear: 10}]
            runs:
              zeros-seed-0: &zeros {init.default: {weight: zeros, bias: zeros}}
              zeros-seed-1: {<<: *zeros, training.seed: 1}
              zeros-seed-2: {<<: *zeros, training.seed: 2}
              small-seed-0: &small {init.default: {weight: {name: normal, std: 0.01}, bias: zeros}}
              small-seed-1: {<<: *small, training.seed: 1}
              small-seed-2: {<<: *small, training.seed: 2}
              large-seed-0: &large {init.default: {weight: {name: normal, std: 1}, bias: zeros}}
              large-seed-1: {<<: *large, training.seed: 1}
              large-seed-2: {<<: *large, training.seed: 2}
              default-seed-0: {}
              default-seed-1: {training.seed: 1}
              default-seed-2: {training.seed: 2}
              xavier-seed-0: &xavier {init.default: {weight: xavier_normal, bias: zeros}}
              xavier-seed-1: {<<: *xavier, training.seed: 1}
              xavier-seed-2: {<<: *xavier, training.seed: 2}
              he-seed-0: &he {init.default: {weight: {name: kaiming_normal, nonlinearity: relu}, bias: zeros}}
              he-seed-1: {<<: *he, training.seed: 1}
              he-seed-2: {<<: *he, training.seed: 2}
            quick: {training.epochs: 1, training.batch: 32, data.train.limit: 6000, data.test.limit: 1000}
            report: {against: run, metrics: [outcome, train_loss, test_loss, test_accuracy]}
            pictures:
              loss: {curves: [loss], against: step}
            output: studies/init

            """)
}
