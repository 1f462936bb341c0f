extension Study {
    /// Whether a training loss is high since the model is too simple, or since optimization fails.
    static let depth = Study(
        name: "depth",
        yaml: """
            # Training loss of 20 and of 56 layers, plain and with shortcuts: too simple a model, or failing optimization?
            title: Training loss of 20 and of 56 layers, plain and with shortcuts
            base: {recipe: fashion-resnet20}
            set:
              data.train.limit: 6000
              data.test: null
              training: {epochs: 6, batch: 50}
              optimizer: {name: sgd, lr: 0.05, momentum: 0.9}
              schedule: {name: constant}
              checkpoint: {every_epochs: 1000000}
            runs:
              plain-20: {model: {name: resnet20, width: 8, blocks: 3, shortcut: false}}
              plain-56: {model: {name: resnet20, width: 8, blocks: 9, shortcut: false}}
              residual-20: {model: {name: resnet20, width: 8, blocks: 3}}
              residual-56: {model: {name: resnet20, width: 8, blocks: 9}}
            quick: {data.train.limit: 1000, training.epochs: 2, model.width: 4}
            report: {against: epoch, metrics: [train_loss]}
            pictures:
              loss: {curves: [train_loss], against: epoch}
            output: studies/depth

            """)
}
