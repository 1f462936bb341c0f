extension Study {
    /// A saddle whose Hessian can be written down, and the way out of it.
    static let twoWeights = Study(
        name: "two-weights",
        yaml: """
            # A saddle of two weights: its curvature, and ways from it to the minimum
            title: What lies around the weights (0, 0) and the minimum of L = (1 - w1 w2)², and the ways between
            base: {recipe: two-weights}
            set: {training.epochs: 200}
            runs:
              stays: &zeros
                model: [{linear: {out: 1, bias: false, init: zeros}}, {linear: {out: 1, bias: false, init: zeros}}]
              escapes: {<<: *zeros, training.on_plateau: escape}
              starts-near: {}
              passes:
                model:
                  - linear: {out: 1, bias: false, init: {name: constant, val: 1.2}}
                  - linear: {out: 1, bias: false, init: {name: constant, val: -1.19}}
            report:
              against: run
              diagnose: 1
              metrics: [diagnosed_loss, diagnosed_gradient_norm, lambda_max, lambda_min, minimum_ratio, verdict]
            pictures:
              surface: {landscape: starts-near, path: [stays, escapes, passes], range: [-2, 2, -2, 2], points: 41}
            output: studies/two-weights

            """)

    /// A noisy way of many updates against a smooth way of few.
    static let twentyExamples = Study(
        name: "twenty-examples",
        yaml: """
            # Twenty examples: twenty noisy updates of an epoch against one smooth update
            title: The way of a line through twenty examples with batches of 1 and of 20
            base: {recipe: twenty-examples}
            set: {evaluation: {train: true, every_steps: 1}}
            runs:
              one: {}
              full: {training.batch: full}
              full-200-epochs: {training.batch: full, training.epochs: 200}
            report: {against: run, metrics: [epoch, steps, train_eval_loss]}
            pictures:
              surface: {landscape: full-200-epochs, path: [one, full-200-epochs], points: 41}
              loss: {curves: [train_eval_loss], against: evaluation}
            output: studies/twenty-examples

            """)

    /// What momentum does in a long valley.
    static let valley = Study(
        name: "valley",
        yaml: """
            # A long valley: plain descent against momentum at the same rate
            title: Steps down a valley with curvatures of 1 and 100, plain and with momentum, at one rate
            base: {recipe: valley}
            set: {training.epochs: 200}
            runs:
              plain: {optimizer.momentum: 0}
              momentum: {}
            report:
              against: run
              reach: {metric: loss, value: 0.5}
              metrics: [reach_step, train_loss]
            pictures:
              surface: {landscape: momentum, path: [plain, momentum], points: 41}
              loss: {curves: [loss], against: step, scale: log}
            output: studies/valley

            """)

    /// What one step at a cliff throws away, and how clipping walks down.
    static let cliff = Study(
        name: "cliff",
        yaml: """
            # A cliff: thrown far by one step, or walked down with a clipped gradient
            title: Ten one-weight layers from high on a cliff, without and with clipping
            base: {recipe: cliff}
            runs:
              unclipped: {training.clip: null}
              clipped: {}
            report: {against: run, metrics: [train_loss, outcome]}
            pictures:
              surface: {landscape: clipped, path: [unclipped, clipped], range: [-1.8, 1.8, -1.8, 1.8], points: 41, scale: log}
              loss: {curves: [loss], against: step, scale: log}
            output: studies/cliff

            """)

    /// A loss that falls all the time, and never comes to the minimum.
    static let hill = Study(
        name: "hill",
        yaml: """
            # A start on the wrong side of a hill, where the loss falls towards a limit
            title: The loss from both sides of a hill, of which one has the minimum and the other a limit
            base: {recipe: hill}
            runs:
              wrong-side: {}
              wrong-side-1000-epochs: {training.epochs: 1000}
              right-side: {model: [{linear: {out: 1, bias: false, init: {name: constant, val: -0.5}}}, tanh]}
            report:
              against: run
              diagnose: 3
              metrics: [train_loss, diagnosed_gradient_norm, lambda_max, lambda_min, verdict]
            pictures:
              surface: {landscape: right-side, path: [wrong-side, right-side], range: [-8, 2, -2.5, 2.5], points: 41}
              loss: {curves: [loss], against: step}
            output: studies/hill

            """)

    /// What the scale of features does to the surface and to the number of steps.
    static let unlikeFeatures = Study(
        name: "unlike-features",
        yaml: """
            # One feature thirty times as large as the other: as they are, and standardized
            title: Steps to a loss of 0.01 with raw and with standardized features
            base: {recipe: unlike-features}
            set: {training.epochs: 1500}
            runs:
              raw-0.003: {data.normalize: none, optimizer.lr: 0.003}
              raw-0.01: {data.normalize: none, optimizer.lr: 0.01}
              standardized-0.003: {optimizer.lr: 0.003}
              standardized-0.3: {training.epochs: 100}
            report:
              against: run
              reach: {metric: loss, value: 0.01}
              metrics: [reach_step, train_loss, outcome]
            pictures:
              raw: {landscape: raw-0.003, path: [raw-0.003], range: [-1, 5, -0.2, 0.4], points: 41}
              standardized: {landscape: standardized-0.3, path: [standardized-0.3], range: [-1, 3, -1, 3], points: 41}
            output: studies/unlike-features

            """)
}
