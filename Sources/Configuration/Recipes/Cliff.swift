extension Recipe {
    /// A cliff: L = (1 − Πw)² over ten weights, of which five start at 1.5 and five at 1.25 and stay equal to one another.
    static let cliff = Recipe(
        name: "cliff",
        yaml: """
            # Ten one-weight layers, whose product makes a cliff that clipping walks down
            data:
              train: {format: inline, rows: [[1]], labels: [[1]]}
              normalize: none
            model:
              - linear: &first {out: 1, bias: false, init: {name: constant, val: 1.5}}
              - linear: *first
              - linear: *first
              - linear: *first
              - linear: *first
              - linear: &second {out: 1, bias: false, init: {name: constant, val: 1.25}}
              - linear: *second
              - linear: *second
              - linear: *second
              - linear: *second
            loss: mse
            optimizer: {name: sgd, lr: 0.001}
            training: {epochs: 300, batch: full, clip: 20, seed: 0}
            logging: {every_steps: 1, parameters: 1}
            output: runs/cliff

            """)
}
