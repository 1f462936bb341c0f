extension EndToEndTests.Mistakes {
    /// Slips of the pen and of YAML.
    static let mistyped: [Mistake] = [
        written(
            images + model + "trainng: {epochs: 3}", 78,
            "net.yaml:3: trainng: unknown key; did you mean \"training\"?"),
        written(
            images + model + "training: {bach: 3}", 78,
            "net.yaml:3: training.bach: unknown key; did you mean \"batch\"?"),
        written(
            images + model + "optimizer: {name: sgd, momentun: 0.9}", 78,
            "net.yaml:3: optimizer.momentun: unknown option of sgd; did you mean \"momentum\"?"),
        written(
            images + model + "training: {epochs 3}", 78,
            "net.yaml:3: training.epochs 3: unknown key; write \"epochs: 3\", with a colon and a space"),
        written(
            images + model + "training:\n  epochs: 3\n   batch: 4", 78,
            "net.yaml:5: the text is no YAML: mapping values are not allowed in this context; give the keys of a section the same indentation, and a section with keys below it no value on its own line"
        ),
        written(
            images + model + "training:\n\tepochs: 3", 78,
            "net.yaml:4: the text is no YAML: while scanning for the next token in line 4, found character that cannot start any token; indent with spaces, not tabs"
        ),
        written(
            images + model + "optimizer: adam\n  lr: 0.1", 78,
            "net.yaml:4: the text is no YAML: mapping values are not allowed in this context; give the keys of a section the same indentation, and a section with keys below it no value on its own line"
        ),
        written(
            images + model + "training: {epochs: 3", 78,
            "net.yaml:3: the text is no YAML: while parsing a flow mapping in line 3, did not find expected ',' or '}'; close the brace, and put commas between keys"
        ),
        written(
            images + "model:\n  - flaten\n  - linear: 4", 78,
            "net.yaml:3: model.0: unknown layer \"flaten\"; did you mean \"flatten\"?"),
        written(
            "data: {train: null}\nmodel: [flatten, linear: 4]", 78,
            "net.yaml:1: data.train: missing; it must be the files of a data set, as {format: idx, features: FILE, labels: FILE}"
        ),
    ]

    /// The right key in the wrong place.
    static let misplaced: [Mistake] = [
        written(
            images + model + "epochs: 3", 78,
            "net.yaml:3: epochs: unknown key; did you mean \"training.epochs\"?"),
        written(
            images + model + "training: {lr: 0.1}", 78,
            "net.yaml:3: training.lr: unknown key; did you mean \"optimizer.lr\"?"),
        written(
            images + "batch: 32\nmodel: [flatten, linear: 4]", 78,
            "net.yaml:2: batch: unknown key; did you mean \"training.batch\"?"),
        written(
            images + model + "training: {momentum: 0.9}", 78,
            "net.yaml:3: training.momentum: unknown key; did you mean \"optimizer.momentum\" or \"schedule.momentum\"?"
        ),
        written(
            "data:\n  train: {format: npy, features: images.npy, labels: labels.npy}\n  batch: 32\nmodel: [flatten, linear: 4]",
            78, "net.yaml:3: data.batch: unknown key; did you mean \"training.batch\"?"),
        written(
            images + model + "patience: 3", 78,
            "net.yaml:3: patience: unknown key; did you mean \"training.early_stopping.patience\" or \"schedule.patience\"?"
        ),
        written(
            images + model + "optimizer:\nname: adam", 78,
            "net.yaml:4: name: unknown key; indent it below \"optimizer:\""),
        written(
            images + model + "dropout: 0.5", 78,
            "net.yaml:3: dropout: unknown key; it is a layer: write \"- dropout: 0.5\" in the list of model"),
        written(
            "data: t.csv\nmodel: [linear: 2]", 78,
            "net.yaml:1: data: expected keys with values (root, train, test, validation, normalize, augment, shuffle, bucket), found \"t.csv\"; \"dtrain init t.csv\" writes a configuration for it"
        ),
    ]

    /// What other programs call things.
    static let foreign: [Mistake] = [
        written(
            images + model + "learning_rate: 0.1", 78,
            "net.yaml:3: learning_rate: unknown key; did you mean \"optimizer.lr\"?"),
        written(
            images + model + "training: {validation_split: 0.2}", 78,
            "net.yaml:3: training.validation_split: unknown key; did you mean \"data.validation.fraction\"?"),
        written(
            images + "model:\n  - flatten\n  - Dense: {units: 10, activation: relu}\n  - linear: 4", 78,
            "net.yaml:4: model.1: unknown layer \"Dense\"; did you mean \"linear\"?"),
        written(
            images + "model:\n  - flatten\n  - linear: {units: 10}\n  - linear: 4", 78,
            "net.yaml:4: model.1.linear.units: unknown option; did you mean \"out\"?"),
        written(
            images + "model:\n  - flatten\n  - linear: {out: 10, activation: relu}\n  - linear: 4", 78,
            "net.yaml:4: model.1.linear.activation: unknown option; write the activation as a layer of its own, as - relu"
        ),
        written(
            images + "model:\n  - flatten\n  - nn.Linear(64, 10)", 78,
            "net.yaml:4: model.1: unknown layer \"nn.Linear(64, 10)\"; did you mean \"linear\", with its options behind a colon?"
        ),
        written(
            images + "model:\n  - {type: Linear, out: 3}", 78,
            "net.yaml:3: model.0: expected a layer such as relu or linear: 128, found the key \"type\"; write \"- linear: {out: 3}\""
        ),
        written(
            images + model + "loss: sparse_categorical_crossentropy", 78,
            "net.yaml:3: loss: unknown loss \"sparse_categorical_crossentropy\"; did you mean \"cross_entropy\", on logits, without softmax in front?"
        ),
        written(
            images + model + "optimizer: {type: adam, lr: 0.1}", 78,
            "net.yaml:3: optimizer.type: unknown option; did you mean \"name\"?"),
        written(
            images + model + "training: {early_stopping: {monitor: val_loss, patience: 3}}", 78,
            "net.yaml:3: training.early_stopping.monitor: unknown key; did you mean \"metric\"?"),
        written(
            images + model + "training: {watch: val_loss}", 78,
            "net.yaml:3: training.watch: unknown metric \"val_loss\"; did you mean \"validation_loss\"?"),
        written(
            images + model + "init: {default: glorot_uniform}", 78,
            "net.yaml:3: init.default: unknown initializer \"glorot_uniform\"; did you mean \"xavier_uniform\"?"
        ),
        written(
            images + model + "schedule: ReduceLROnPlateau", 78,
            "net.yaml:3: schedule: unknown schedule \"ReduceLROnPlateau\"; did you mean \"reduce_on_plateau\"?"
        ),
        written(
            images + model + "training: {pin_memory: true}", 78,
            "net.yaml:3: training.pin_memory: unknown key; leave it out: the data set lies in memory, and training.workers are threads that compute"
        ),
        written(
            images + model + "gpus: 1", 78,
            "net.yaml:3: gpus: unknown key; leave it out: dtrain computes on CPUs, on 4 ranks with mpirun -n 4 dtrain"
        ),
        written(
            images + model + "training: {max_steps: 100}", 78,
            "net.yaml:3: training.max_steps: unknown key; training.epochs is the length of a run, and --steps N ends it after N steps"
        ),
    ]
}
