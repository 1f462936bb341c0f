extension Recipe {
    /// The smallest network with a saddle: L = (1 − w₁w₂)², whose Hessian at (0, 0) has the eigenvalues 2 and −2.
    static let twoWeights = Recipe(
        name: "two-weights",
        yaml: """
            # Two layers of one weight each on one example, with a saddle at (0, 0)
            data:
              train: {format: inline, rows: [[1]], labels: [[1]]}
              normalize: none
            model:
              - linear: {out: 1, bias: false, init: {name: constant, val: 0.1}}
              - linear: {out: 1, bias: false, init: {name: constant, val: 0.05}}
            loss: mse
            optimizer: {name: sgd, lr: 0.05}
            training: {epochs: 60, batch: full, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/two-weights

            """)
}
