extension Study {
    /// Whether noise helps out of a saddle.
    static let saddle = Study(
        name: "saddle",
        yaml: """
            # Near a saddle: all examples at once against one at a time
            title: Steps until the loss is 0.05 below a saddle's, with the full batch and with single examples
            base: {recipe: saddle}
            set: {evaluation: {train: true, every_steps: 1}}
            runs:
              full: {}
              one-seed-0: &one {training.batch: 1, training.epochs: 75}
              one-seed-1: {<<: *one, training.seed: 1}
              one-seed-2: {<<: *one, training.seed: 2}
            report:
              against: run
              reach: {metric: train_eval_loss, value: 1.02}
              metrics: [reach_step, train_eval_loss]
            pictures:
              surface: {landscape: full, path: [full, one-seed-0], range: [-3, 1, -1, 1.5], points: 41}
              loss: {curves: [train_eval_loss], against: evaluation}
            output: studies/saddle

            """)

    /// Why Newton's method must look at the curvature's sign.
    static let newtonSaddle = Study(
        name: "newton-saddle",
        yaml: """
            # Newton's method near a saddle: jumps into it, or follows negative curvature out of it
            title: Where Newton's method goes from near a saddle, with and without an eye for negative curvature
            base: {recipe: two-weights}
            set: {training.epochs: 20}
            runs:
              ignore: {optimizer: {name: newton_cg, negative_curvature: ignore}}
              follow: {optimizer: {name: newton_cg}}
              sgd: {training.epochs: 200}
            report:
              against: run
              diagnose: 1
              metrics: [diagnosed_loss, diagnosed_gradient_norm, lambda_max, lambda_min, verdict]
            pictures:
              surface: {landscape: follow, path: [ignore, follow, sgd], range: [-0.5, 1.5, -0.5, 1.5], points: 41}
            output: studies/newton-saddle

            """)

    /// What momentum crosses, and what adaptive rates do not.
    static let shallowMinimum = Study(
        name: "shallow-minimum",
        yaml: """
            # A shallow minimum in front of a deep one: momentum against plain and adaptive rules
            title: Which rules cross a shallow minimum
            base: {recipe: shallow-minimum}
            runs:
              plain: {optimizer.momentum: 0}
              momentum: {}
              adagrad: {optimizer: {name: adagrad, lr: 0.1}}
              rmsprop-0.01: {optimizer: {name: rmsprop, lr: 0.01}}
              rmsprop-0.1: {optimizer: {name: rmsprop, lr: 0.1}}
            report: {against: run, metrics: [train_loss]}
            pictures:
              line: {landscape: momentum, path: [plain, momentum], points: 201, range: [-2.2, 0.6]}
              loss: {curves: [loss], against: step}
            output: studies/shallow-minimum

            """)

    /// A point where the gradient is zero and the loss is not at a minimum.
    static let zeroGradient = Study(
        name: "zero-gradient",
        yaml: """
            # A plateau where no unit is active: momentum rolls over it, other rules stop at its edge
            title: Which rules cross a plateau of zero gradient
            base: {recipe: shallow-minimum}
            set:
              data.train: {format: inline, rows: [[1], [-3]], labels: [[0], [1]]}
              model: [{linear: {out: 1, init: {weight: {name: constant, val: 0.5}, bias: zeros}}}, relu]
            runs:
              plain: {optimizer.momentum: 0}
              momentum: {}
              adagrad: {optimizer: {name: adagrad, lr: 0.1}}
              rmsprop: {optimizer: {name: rmsprop, lr: 0.01}}
            report: {against: run, diagnose: 2, metrics: [train_loss, diagnosed_gradient_norm]}
            pictures:
              surface: {landscape: momentum, path: [plain, momentum], range: [-1.5, 1, -1.5, 0.5], points: 41}
              loss: {curves: [loss], against: step}
            output: studies/zero-gradient

            """)

    /// How far the second-order Taylor polynomial holds.
    static let taylor = Study(
        name: "taylor",
        yaml: """
            # The loss along the gradient beside its second-order Taylor polynomial
            title: The loss of a small network along its gradient, and the parabola at its weights
            base: {recipe: twenty-examples}
            set: {model: [{linear: 8}, tanh, {linear: 1}]}
            runs:
              early: {training.epochs: 5}
              late: {training.epochs: 100}
            report: {against: run, metrics: [train_loss]}
            pictures:
              parabola-early: &parabola
                {landscape: early, along: gradient, taylor: true, radius: 4, points: 161, scale: linear}
              parabola-late: {<<: *parabola, landscape: late}
            output: studies/taylor

            """)

    /// Why every minimum has equals.
    static let symmetry = Study(
        name: "symmetry",
        yaml: """
            # The same network with its hidden units in another order
            title: The loss between a network and itself with its hidden units in another order
            base: {recipe: twenty-examples}
            set: {training.epochs: 100}
            runs:
              tanh: {model: [{linear: 8}, tanh, {linear: 1}]}
              relu: {model: [{linear: 8}, relu, {linear: 1}]}
            report: {against: run, metrics: [train_loss]}
            pictures:
              permuted-tanh: {landscape: tanh, along: permutation, points: 41}
              permuted-relu: {landscape: relu, along: permutation, points: 41}
            output: studies/symmetry

            """)
}
