extension Recipe {
    /// A start near a saddle, which lies between two minima along w₁ and at the lowest point along w₂.
    static let saddle = Recipe(
        name: "saddle",
        yaml: """
            # First weights near a saddle between two minima
            data:
              train: {format: inline, rows: [[0.5, 0], [0.6, 0], [4, 0], [0, 1]], labels: [[-0.9], [-0.9], [0.9], [0.5]]}
              normalize: none
            model:
              - linear: {out: 1, bias: false, init: {name: constant, val: -0.4691}}
              - tanh
            loss: mse
            optimizer: {name: sgd, lr: 0.05}
            training: {epochs: 300, batch: full, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/saddle

            """)
}
