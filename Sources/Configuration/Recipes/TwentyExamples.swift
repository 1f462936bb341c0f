extension Recipe {
    /// A line through twenty points, 0.8 x − 0.3 with noise of deviation 0.3, with an update for each of them.
    static let twentyExamples = Recipe(
        name: "twenty-examples",
        yaml: """
            # A line through twenty examples, with an update for each of them
            data:
              train:
                format: inline
                rows: [
                  [-0.95], [-0.85], [-0.75], [-0.65], [-0.55], [-0.45], [-0.35], [-0.25], [-0.15], [-0.05],
                  [0.05], [0.15], [0.25], [0.35], [0.45], [0.55], [0.65], [0.75], [0.85], [0.95],
                ]
                labels: [
                  [-1.02], [-1.02], [-0.71], [-0.79], [-0.9], [-0.55], [-0.19], [-0.22], [-0.63], [-0.72],
                  [-0.45], [-0.17], [-0.8], [-0.09], [-0.31], [-0.08], [0.06], [0.21], [0.5], [0.77],
                ]
              normalize: none
            model:
              - linear: {out: 1, init: {weight: {name: constant, val: -1.5}, bias: {name: constant, val: 1.5}}}
            loss: mse
            optimizer: {name: sgd, lr: 0.1}
            training: {epochs: 10, batch: 1, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/twenty-examples

            """)
}
