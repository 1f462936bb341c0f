extension Recipe {
    /// A start on the wrong side of a hill: along w₁ the loss falls towards a limit, and the minimum lies behind the hill.
    static let hill = Recipe(
        name: "hill",
        yaml: """
            # First weights behind a hill: the way down leads to a limit, not to the minimum
            data:
              train: {format: inline, rows: [[0.2, 0], [2, 0], [0, 1]], labels: [[-1], [0.8], [0.5]]}
              normalize: none
            model:
              - linear: {out: 1, bias: false, init: {name: constant, val: -2}}
              - tanh
            loss: mse
            optimizer: {name: sgd, lr: 0.5}
            training: {epochs: 400, batch: full, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/hill

            """)
}
