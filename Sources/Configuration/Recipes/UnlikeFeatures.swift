extension Recipe {
    /// Features of unlike scale: y = 2 x₁ + 0.1 x₂ with x₁ up to 1 and x₂ up to 27, as they are or standardized.
    static let unlikeFeatures = Recipe(
        name: "unlike-features",
        yaml: """
            # Examples whose second feature is thirty times as large as the first
            data:
              train:
                format: inline
                rows: [
                  [-0.9, 6], [-0.7, -15], [-0.5, 24], [-0.3, -27], [-0.1, 12], [0.1, -9], [0.3, 18], [0.5, -21], [0.7, 9], [0.9, 3],
                ]
                labels: [[-1.2], [-2.9], [1.4], [-3.3], [1], [-0.7], [2.4], [-1.1], [2.3], [2.1]]
              normalize: standardize
            model:
              - linear: {out: 1, bias: false, init: zeros}
            loss: mse
            optimizer: {name: sgd, lr: 0.3}
            training: {epochs: 100, batch: full, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/unlike-features

            """)
}
