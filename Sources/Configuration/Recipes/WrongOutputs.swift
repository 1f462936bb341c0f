extension Recipe {
    /// One example whose outputs are far from its label at first.
    static let wrongOutputs = Recipe(
        name: "wrong-outputs",
        yaml: """
            # One example of class 0 whose outputs are -10, 10 and -1000 at first
            data:
              train: {format: inline, rows: [[-10.0, 10.0, -1000.0]], labels: [0], classes: 3}
              normalize: none
            model:
              # The outputs are the features and what one weight for each adds: sigmoid makes 0, 1 and 0 of them.
              - residual: {body: [sigmoid, {linear: {out: 3, bias: false, init: zeros}}]}
            loss: cross_entropy
            optimizer: {name: sgd, lr: 1}
            schedule: {name: constant}
            training: {epochs: 50, batch: 1, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/wrong-outputs

            """)
}
