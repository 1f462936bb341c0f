extension Recipe {
    /// One weight on its way to a deep minimum, with a shallow one before it, which momentum crosses.
    static let shallowMinimum = Recipe(
        name: "shallow-minimum",
        yaml: """
            # One weight on its way to a deep minimum, with a shallow one before it
            data:
              train:
                format: inline
                rows: [[0.8], [0.9], [1], [1.1], [1.2], [6]]
                labels: [[-0.5], [-0.5], [-0.5], [-0.5], [-0.5], [0.5]]
              normalize: none
            model:
              - linear: {out: 1, bias: false, init: {name: constant, val: -2}}
              - tanh
            loss: mse
            optimizer: {name: sgd, lr: 0.1, momentum: 0.9}
            training: {epochs: 200, batch: full, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/shallow-minimum

            """)
}
