extension Recipe {
    /// A long valley: L = ½ ((w₁ − 10)² + 100 (w₂ − 1)²), from (0, 0).
    static let valley = Recipe(
        name: "valley",
        yaml: """
            # A quadratic loss, curved along one weight a hundred times as along another
            data:
              train: {format: inline, rows: [[1, 0], [0, 10]], labels: [[10], [10]]}
              normalize: none
            model:
              - linear: {out: 1, bias: false, init: zeros}
            loss: mse
            optimizer: {name: sgd, lr: 0.0198, momentum: 0.9}
            training: {epochs: 100, batch: full, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/valley

            """)
}
