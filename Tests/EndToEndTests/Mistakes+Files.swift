extension EndToEndTests.Mistakes {
    /// Files that are missing, damaged or something else.
    static let files: [Mistake] = [
        written(
            "data:\n  train:\n    format: npy\n    features: none.npy\n    labels: labels.npy\nmodel: [flatten, linear: 4]",
            65,
            "net.yaml:4: data.train.features: no data file, DATA/none.npy, correct the path, or give its folder with --set data.root=DIR; paths in a file are relative to it, on the command line to the current folder"
        ),
        written(
            "data:\n  train:\n    format: npy\n    features: t.csv\n    labels: labels.npy\nmodel: [flatten, linear: 4]",
            65,
            "net.yaml:4: data.train.features: not a .npy file, DATA/t.csv, set format: csv, with files and label"
        ),
        written(
            "data:\n  train:\n    format: npy\n    features: cut.npy.gz\n    labels: labels.npy\nmodel: [flatten, linear: 4]",
            65,
            "net.yaml:4: data.train.features: broken gzip: it ends in the middle of the compressed data, DATA/cut.npy.gz, fetch the file again"
        ),
        written(
            "data:\n  train:\n    format: npy\n    features: labels.npy\n    labels: images.npy\nmodel: [flatten, linear: 4]",
            65,
            "net.yaml:4: data.train.features: expected features of shape (examples, ...), found (137), DATA/labels.npy, save the array with shape (examples, 1) if each example has one feature, or swap the two files if these are labels"
        ),
        written(
            "data:\n  train:\n    format: npy\n    features: rows.npy\n    labels: short.npy\nmodel: [flatten, linear: 4]",
            65,
            "net.yaml:5: data.train.labels: expected 137 labels, as many as DATA/rows.npy has examples, found 100, DATA/short.npy, name the features and labels of the same data set"
        ),
        written(
            "data:\n  train:\n    format: npy\n    features: .\n    labels: labels.npy\nmodel: [flatten, linear: 4]",
            65,
            "net.yaml:4: data.train.features: expected a regular file, found a folder, DATA, name the data file itself"
        ),
        written(
            "data:\n  train:\n    format: csv\n    files: rows.npy\n    label: a\nmodel: [flatten, linear: 4]",
            65,
            "net.yaml:4: data.train.files: DATA/rows.npy:1: not a table of text: it is a NumPy array (.npy), set format: npy"
        ),
        written(
            "data:\n  train:\n    format: csv\n    files: t.csv\n    label: knd\nmodel: [linear: 2]", 65,
            "net.yaml:5: data.train.label: expected column \"knd\", found \"a\", \"b\", \"kind\", DATA/t.csv, did you mean \"kind\"?"
        ),
        written(
            "data:\n  train:\n    format: csv\n    files: semi.csv\n    label: kind\nmodel: [linear: 2]", 65,
            "net.yaml:5: data.train.label: expected column \"kind\", found \"a;b;kind\", DATA/semi.csv, set delimiter: \";\""
        ),
        written(
            "data:\n  train:\n    format: csv\n    files: gap.csv\n    label: kind\nmodel: [linear: 2]", 65,
            "net.yaml:4: data.train.files: DATA/gap.csv:9:1: expected a value in column \"a\", found an empty field, fill it in (the column's mean, say) or remove the row"
        ),
        written(
            images + model + "init:\n  weights: other", 65,
            "net.yaml:4: init.weights: DATA/other/weights.safetensors holds tensor \"3.bias\", which the model does not have: give weights of this model, or the model that they are of"
        ),
        written(
            images + model + "init: {weights: t.csv}", 65,
            "net.yaml:3: init.weights: DATA/t.csv: expected a safetensors file, found a text file: give the file of the weights"
        ),
        called(
            "--config none.yaml", 78,
            "none.yaml: there is no such file; give the path of a YAML file; \"dtrain recipes fashion-cnn\" prints one to start from"
        ),
        called(
            "--config t.csv", 78,
            "t.csv: it is data, not a configuration; \"dtrain init t.csv\" writes a configuration for it"),
        called(
            "--config note.ipynb", 78, "note.ipynb: it is a notebook, not a configuration; give a YAML file"),
        called("--config run", 78, "run: it is a folder; did you mean \"run/config.yaml\"?"),
        called(
            "evaluate other/weights.safetensors --config base.yaml --data train", 65,
            "other/weights.safetensors holds tensor \"3.bias\", which the model does not have: give weights of this model, or the model that they are of"
        ),
        called(
            "--config other.yaml --resume run", 78,
            "DATA/run/checkpoints/step-000000005 was made by a run with other data, model or settings (model.1.linear.out: 8, the run has 4; model.2: relu, {linear: {bias: true, out: 4}}, the run has none): change them back, or train anew, since the run has ended: dtrain --config other.yaml --output DATA/run-2"
        ),
        called(
            "predict run --data rows.npy", 65,
            "DATA/rows.npy has examples of shape [6], the model's training set of [1, 8, 8]: give data of that shape"
        ),
        written(
            "data:\n  train:\n    format: npy\n    features: images.npy\n    labels: images.npy\nmodel: [flatten, linear: 4]",
            78,
            "net.yaml:6: model: the model ends with shape (N, 4), the targets have (N, 1, 8, 8): give other targets, or the file of labels if these are features"
        ),
        written(
            "data: {train: {format: csv, files: p.csv, label: price, task: regression}}\nmodel: [linear: 1]\nloss: cross_entropy",
            78,
            "net.yaml:3: loss: cross_entropy needs class labels, the data has numeric targets: use loss: mse"),
        called("--resume t.csv", 65, "t.csv is a file: give a run's folder with --resume, or a checkpoint's"),
        called(
            "evaluate run --config table.yaml", 65,
            "table.yaml:1: data.train.files: DATA/t.csv:2:3: expected a class from 0 to 3 in column \"kind\", found \"cat\", correct the label, or the number of classes if the data is right"
        ),
        called(
            "--config table.yaml --set data.train.files=none.csv", 65,
            "--set data.train.files=none.csv: no data file, DATA/none.csv, correct the path; paths in a file are relative to it, on the command line to the current folder"
        ),
    ]

    /// Commands, options and values of the command line.
    static let commands: [Mistake] = [
        called(
            "evaluate", 64,
            "Missing expected argument '<run-or-weights>': give a run's folder, such as runs/fashion-cnn, or a safetensors file"
        ),
        called(
            "evaluate runs/none", 65,
            "there are no weights at runs/none: give a run's folder, one of its checkpoints or a safetensors file; paths in a file are relative to it, on the command line to the current folder"
        ),
        called(
            "--resume runs/none", 65,
            "there is no run and no checkpoint at runs/none: look for it, or start anew without --resume"),
        called(
            "--config base.yaml --output run", 73,
            "run holds a run already: replace it with --overwrite, or continue it with dtrain --resume auto --output run"
        ),
        called("base.yaml", 64, "there is no command \"base.yaml\": did you mean \"--config base.yaml\"?"),
        called("fit base.yaml", 64, "there is no command \"fit\": did you mean \"train\"?"),
        called(
            "train base.yaml", 64, "Unexpected argument 'base.yaml': did you mean \"--config base.yaml\"?"),
        called("--lr 0.1", 64, "Unknown option '--lr': did you mean \"--set optimizer.lr=0.1\"?"),
        called("--batch-size 32", 64, "Unknown option '--batch-size': did you mean \"--batch\"?"),
        called(
            "--gpus 2", 64,
            "Unknown option '--gpus': leave it out: dtrain computes on CPUs, on 4 ranks with mpirun -n 4 dtrain"
        ),
        called(
            "--data t.csv", 64, "Unknown option '--data': \"dtrain init t.csv\" writes a configuration for it"
        ),
        called("-c base.yaml", 64, "Unknown option '-c': did you mean \"--config\"?"),
        called("--epochs -3", 78, "--epochs -3: must be a whole number from 1 to 1000000, is -3"),
        called("--epochs ten", 64, "The value 'ten' is invalid for '--epochs <n>': give a whole number"),
        called("--set lr=0.1", 78, "--set lr=0.1: unknown key; did you mean \"optimizer.lr\"?"),
        called(
            "--set training.batch=many", 78,
            "--set training.batch=many: expected auto, or full, or a whole number from 1 to 16777216, found \"many\""
        ),
        called(
            "--set training.batch:64", 78,
            "--set training.batch:64: expected key.path=value, found no equals sign; write --set training.batch=64"
        ),
        called(
            "predict run --data '{format: csv}'", 78,
            "--data '{format: csv}': files: missing; it must be the path of a file, or a list of them: the files, in order"
        ),
        called(
            "predict run --data tset", 78, "--data tset: there is no file \"tset\"; did you mean \"test\"?"),
        called(
            "--recipe mnist", 78,
            "--recipe: unknown recipe \"mnist\"; the recipes here are fashion-cnn, fashion-lenet5, fashion-mlp, fashion-mlp-big, fashion-resnet20, bible-lstm, bible-transformer, languages-gru, two-weights, twenty-examples, valley, cliff, hill, unlike-features, saddle, shallow-minimum, wrong-outputs"
        ),
        called(
            "study outputs.yaml --output study", 78,
            "outputs.yaml:4: pictures.p.outputs: the model has outputs 0 to 3; give two of these"),
        called(
            "study keys.yaml --output study", 78,
            "keys.yaml:3: optimizer.lrr: unknown option; did you mean \"lr\"?"),
        called(
            "--config table.yaml --set data.train.label=knd", 65,
            "--set data.train.label=knd: expected column \"knd\", found \"a\", \"b\", \"kind\", DATA/t.csv, did you mean \"kind\"?"
        ),
        called("init t.csv --target kind", 64, "Unknown option '--target': did you mean \"--label\"?"),
        called("predict run --input p.csv", 64, "Unknown option '--input': did you mean \"--data\"?"),
        called("test run", 64, "there is no command \"test\": did you mean \"evaluate\"?"),
        called(
            "evaluate --model run", 64,
            "Unknown option '--model': give it without an option: \"dtrain evaluate run\""),
        called(
            "--recipe", 64, "Missing value for '--recipe <name>': give a name, which dtrain recipes lists"),
        called(
            "--val-split 0.2", 64,
            "Unknown option '--val-split': did you mean \"--set data.validation.fraction=0.2\"?"),
        called(
            "predict table-run --data p.csv", 65,
            "DATA/p.csv:1:3: expected the features of the training set, found column \"price\", which is none of them, leave it out with --data '{format: csv, files: DATA/p.csv, label: kind, header: true, delimiter: \",\", ignore: price, task: classification}', or train with it"
        ),
    ]
}
