extension EndToEndTests.Mistakes {
    /// Percentages, units and types.
    static let units: [Mistake] = [
        written(
            images + model + "optimizer: {name: sgd, lr: -0.1}", 78,
            "net.yaml:3: optimizer.lr: must be a finite number, at least 0, is -0.1"),
        written(
            images + "model: [flatten, {dropout: 50}, linear: 4]", 78,
            "net.yaml:2: model.1.dropout: must be at least 0 and below 1, is 50; write 0.5 for 50 percent"),
        written(
            images + model + "optimizer: {name: sgd, momentum: 9}", 78,
            "net.yaml:3: optimizer.momentum: must be at least 0 and at most 1, is 9"),
        written(
            "data: {train: {format: csv, files: t.csv, label: kind}, validation: {fraction: 20}}\nmodel: [linear: 2]",
            78,
            "net.yaml:1: data.validation.fraction: must be above 0 and below 1, is 20; write 0.2 for 20 percent"
        ),
        written(
            "data: {train: {format: csv, files: t.csv, label: kind}, validation: 0.2}\nmodel: [linear: 2]",
            78, "net.yaml:1: data.validation: expected a fraction, or files, found 0.2; write {fraction: 0.2}"
        ),
        written(
            "data: {train: {format: csv, files: t.csv, label: kind}, validation: {fraction: 0.001}}\nmodel: [linear: 2]",
            65,
            "net.yaml:1: data.validation.fraction: a validation fraction of 0.001 of 60 examples leaves none for validation, DATA/t.csv, give a larger fraction"
        ),
        written(
            images + model + "optimizer: {name: adam, lr: 0.001}\nschedule: {name: cosine, eta_min: 0.1}", 78,
            "net.yaml:4: schedule.eta_min: must be at most lr, which is 0.001, is 0.1"),
        written(
            images + model + "schedule: {name: cosine, warmup: 50%}", 78,
            "net.yaml:3: schedule.warmup: expected a number, found 50%; write 0.5 for 50%"),
        written(
            images + model + "schedule: {name: cosine, warmup: 20}", 78,
            "net.yaml:3: schedule.warmup is 20; it must be no longer than the run, which has 10 steps of 1 per epoch"
        ),
        written(
            images + model + "training: {stall_timeout: 5m}", 78,
            "net.yaml:3: training.stall_timeout: expected a number of seconds from 0 to 10000000, found 5m; write the number alone, without a unit"
        ),
        written(
            images + model + "training: {epochs: 10.0}", 78,
            "net.yaml:3: training.epochs: expected a whole number, found 10.0; write 10"),
        written(
            images + model + "evaluation: {metrics: accuracy}", 78,
            "net.yaml:3: evaluation.metrics: expected a list of metrics (accuracy, top_5_accuracy, confusion_matrix, precision, recall, f1, r2, mae, perplexity, loss), found \"accuracy\"; write [accuracy]"
        ),
    ]

    /// Models that do not fit each other, the data or the loss.
    static let shapes: [Mistake] = [
        written(
            images + "model:\n  - conv2d: {out: 4, kernel: 3}\n  - linear: 4", 78,
            "net.yaml:4: model.1: expects (N, features), got shape (N, 4, 6, 6): put flatten in front"),
        written(
            images + "model:\n  - conv2d: {out: 4, kernel: 9}\n  - flatten\n  - linear: 4", 78,
            "net.yaml:3: model.0: expects images of at least 9 x 9 with padding, got shape (N, 1, 8, 8): take a smaller kernel, or more padding"
        ),
        written(
            images + "model:\n  - flatten\n  - conv2d: {out: 4, kernel: 3}\n  - linear: 4", 78,
            "net.yaml:4: model.1: expects images (N, C, H, W), got shape (N, 64): put it in front of flatten, or store images as (examples, C, H, W)"
        ),
        written(
            images + "model:\n  - flatten\n  - linear: 3", 78,
            "net.yaml:4: model.1: the model ends with shape (N, 3), the data has 4 classes: end it with linear: 4, unless the label 3 is a mistake, which example 1 of DATA/labels.npy is the first to have"
        ),
        written(
            images + "model:\n  - flatten\n  - linear: 8\n  - residual: {body: [linear: 3]}\n  - linear: 4",
            78,
            "net.yaml:5: model.2: the body makes shape (N, 3), the shortcut (N, 8): give layers, under shortcut or in the body, that make them equal"
        ),
        written(
            images + "model:\n  - flatten\n  - batch_norm\n  - linear: 4\ntraining:\n  epochs: 1\n  batch: 1",
            78,
            "net.yaml:8: training.batch: batch norm over one value per channel has no variance (a mini-batch of 1): change training.batch"
        ),
        written(
            images + model + "loss: {name: cross_entropy, class_weights: [1, 2]}", 78,
            "net.yaml:3: loss: class_weights has 2 weights, the model has 4 outputs: give one for each"),
        written(
            "data:\n  train:\n    format: npy\n    features: rows.npy\n    labels: shares.npy\nmodel: [linear: 4]",
            78,
            "net.yaml:5: data.train.labels: the 4 targets of example 0 sum to 0.5, DATA/shares.npy, cross_entropy takes class labels, or probabilities that sum to 1: use loss: mse for numbers to predict"
        ),
        written(
            "data:\n  train: {format: npy, features: rows.npy, labels: labels.npy, classes: 3}\nmodel: [linear: 4]",
            65,
            "net.yaml:2: data.train.labels: the label of example 1 is 3, expected 0 to 2, DATA/labels.npy, correct the label, or the number of classes if the data is right"
        ),
        written(
            "data:\n  train: {format: csv, files: p.csv, label: price}\nmodel:\n  - linear: 1", 78,
            "net.yaml:4: model.0: the model ends with shape (N, 1), the data has 60 classes in 60 examples: if labels are numbers to predict, set task: regression, a loss such as mse and end the model with linear: 1"
        ),
        written(
            "data:\n  train: {format: csv, files: t.csv, label: kind}\n  augment:\n    - flip\nmodel: [linear: 2]",
            78,
            "net.yaml:4: data.augment.0.flip: augmentations change images, but DATA/t.csv has examples of shape [2]: leave it out"
        ),
    ]
}
