import Graph
import Layers
import Options
import Testing
import Training

@testable import Configuration

/// What other programs call things is refused, with our name for it.
@Suite struct ForeignNameTests {
    @Test(arguments: [
        ("training: {batch_size: 3}", "training.batch_size: unknown key; did you mean \"batch\"?"),
        ("training: {max_epochs: 3}", "training.max_epochs: unknown key; did you mean \"epochs\"?"),
        (
            "optimizer: {name: sgd, learning_rate: 1}",
            "optimizer.learning_rate: unknown option of sgd; did you mean \"lr\"?"
        ),
        ("optimizer: {learning_rate: 1}", "optimizer.learning_rate: unknown option; did you mean \"lr\"?"),
        ("optimizer: {lr: 1}", "lars, lamb, swats, newton_cg; for what it is unless given, write name: adam"),
        ("epochs: 3", "epochs: unknown key; did you mean \"training.epochs\"?"),
        ("batch_size: 3", "batch_size: unknown key; did you mean \"training.batch\"?"),
        ("lr: 3", "lr: unknown key; did you mean \"optimizer.lr\"?"),
        ("training: {lr: 3}", "training.lr: unknown key; did you mean \"optimizer.lr\"?"),
        ("training: {optimizer: adam}", "training.optimizer: unknown key; did you mean \"optimizer\"?"),
        ("momentum: 3", "did you mean \"optimizer.momentum\" or \"schedule.momentum\"?"),
        // An option of other optimizers is none of a schedule.
        ("optimizer: {name: adam, momentum: 1}", "the options here are name, lr, betas"),
        ("criterion: mse", "did you mean \"loss\"?"),
        ("loss: MSELoss", "unknown loss \"MSELoss\"; did you mean \"mse\"?"),
        ("schedule: CosineAnnealingLR", "did you mean \"cosine\"?"),
        (
            "optimizer: {name: sgd, nesterov: yes}",
            "optimizer.nesterov: expected true or false, found \"yes\"; write true"
        ),
        ("optimizer: {name: adam, amsgrad: off}", "found \"off\"; write false"),
        ("optimizer: {name: sgd, lr: [0.1]}", "expected a number, found a list; write 0.1, without brackets"),
        ("schedule: {name: one_cycle, cycle_momentum: no}", "found \"no\"; write false"),
        ("training: {bach: 3}", "did you mean \"batch\"?"),
    ])
    func sections(line: String, says: String) {
        #expect(failure(small + line).contains(says), "\(failure(small + line))")
    }

    @Test(arguments: [
        ("dense: 3", "linear"), ("conv", "conv2d"), ("dropout2d: 0.5", "dropout"),
        ("maxpool: 2", "max_pool2d"),
        ("MaxPooling2D: 2", "max_pool2d"), ("batchnorm", "batch_norm"), ("BatchNorm2d", "batch_norm"),
        ("GlobalAveragePooling2D", "global_avg_pool"), ("conv2d: {filters: 8, kernel: 3}", "out"),
        ("dropout: {rate: 0.5}", "p"), ("linear: {units: 3}", "out"),
    ])
    func layers(layer: String, name: String) {
        let text = failure(
            dataLine + "model: [{\(layer)}]".replacing("[{\(layer)}]", with: "\n  - \(layer)\n"))
        #expect(text.contains("did you mean \"\(name)\"?"), "\(text)")
    }

    /// Names of other programs, where a person would write them, get a name or a sentence and never a list of all names.
    @Test(arguments: [
        (
            "%: 3",
            "epochs batch_size learning_rate val_split validation_split max_epochs accumulate_grad_batches gradient_clip_val precision devices num_nodes limit_train_batches check_val_every_n_epoch val_check_interval log_every_n_steps default_root_dir deterministic fast_dev_run ckpt_path validation_data steps_per_epoch initial_epoch class_weight shuffle verbose hidden_layer_sizes learning_rate_init alpha max_iter tol n_iter_no_change solver test_size random_state early_stopping imgsz lr0 lrf weight_decay workers project name num_workers drop_last pin_memory world_size local_rank per_device_train_batch_size num_train_epochs lr_scheduler_type gradient_accumulation_steps max_steps logging_steps save_steps eval_steps seed bf16 input_features output_features trainer callbacks compile fit metrics monitor patience dropout device gpus amp fp16 wandb lr momentum criterion scheduler num_classes data_augmentation warmup_steps save_top_k output_dir resume nproc_per_node layers"
        ),
        (
            "training: {%: 3}",
            "lr momentum optimizer loss schedule validation_split num_workers pin_memory devices bf16 fp16 amp autocast mixed_precision dtype max_steps steps_per_epoch verbose metrics callbacks patience shuffle gpus deterministic class_weight val_check_interval log_every_n_steps warmup_steps output checkpoint batch_size num_epochs grad_clip clip_value max_time monitor min_delta label_smoothing dropout"
        ),
        ("training: {early_stopping: {%: 3}}", "monitor tol n_iter_no_change"),
        (
            "data: {%: 3}",
            "batch_size val_split val_data test_data train_data num_workers augmentation scaler transforms root_dir"
        ),
        (
            "optimizer: {name: adam, %: 3}",
            "learning_rate epsilon beta_1 beta_2 decay wd l2 type schedule warmup clip"
        ),
        ("optimizer: {%: adam}", "type class_name kind _target_"),
        (
            "schedule: {name: cosine, %: 3}",
            "T_max warmup_epochs min_lr lr_min num_warmup_steps warmup_ratio lr max_lr epochs"
        ),
        (
            "evaluation: {%: 3}",
            "eval_steps interval scoring val_check_interval check_val_every_n_epoch batch_size"
        ),
        (
            "checkpoint: {%: 3}",
            "save_top_k save_steps every_n_epochs save_best_only save_total_limit monitor"
        ),
        ("logging: {%: 3}", "log_every_n_steps logging_steps interval wandb log_dir print_freq verbose"),
        ("init: {%: 3}", "pretrained load_weights"),
        (
            "loss: %",
            "sparse_categorical_crossentropy categorical_crossentropy CrossEntropyLoss nn.CrossEntropyLoss BCEWithLogitsLoss BCELoss binary_crossentropy MSELoss mean_squared_error L1Loss mae huber_loss HuberLoss SmoothL1Loss hinge_loss nll_loss log_loss"
        ),
        (
            "optimizer: %",
            "Adam AdamW RMSprop SGD Adamax Nadam RAdam Adagrad Adadelta torch.optim.SGD lbfgs sgdm adamw_torch"
        ),
        (
            "schedule: %",
            "ReduceLROnPlateau CosineAnnealingLR CosineAnnealingWarmRestarts StepLR MultiStepLR ExponentialDecay ExponentialLR OneCycleLR CyclicLR LinearLR PolynomialLR cosine_with_restarts linear_schedule_with_warmup noam invscaling"
        ),
        (
            "init: {default: %}",
            "xavier glorot_uniform glorot_normal he_normal he_uniform kaiming kaiming_uniform_ kaiming_normal_ xavier_normal_ truncated_normal random_normal gaussian"
        ),
        (
            "evaluation: {metrics: [%]}",
            "acc val_loss val_accuracy f1_macro f1_score accuracy_score top5 r2_score mean_absolute_error"
        ),
        ("training: {watch: %}", "val_loss val_accuracy val_acc val_f1 loss"),
        ("data: {train: {format: %, features: a}}", "numpy parquet mnist tsv cifar CSV"),
    ])
    func namesGetAnAnswer(line: String, words: String) {
        for word in words.split(separator: " ") {
            let text = line.replacing("%", with: word)
            let message = failure(
                line.hasPrefix("data") ? text + "\nmodel: [flatten, linear: 10]" : small + text)
            #expect(
                !message.contains(" here are ") && !message.contains("dtrain methods"), "\(text): \(message)")
        }
    }

    /// The same for layers, which may come with their module and their arguments, and for their options.
    @Test(arguments: [
        "Dense: 3", "Conv2D: {filters: 3, kernel_size: 3}", "BatchNormalization", "MaxPooling2D: 2",
        "GlobalAveragePooling2D", "LeakyReLU", "nn.Linear: 3", "nn.Linear(64, 10)", "torch.nn.ReLU()",
        "BatchNorm2d: 3", "Embedding: 3", "LSTM: 3", "GRU: 3", "silu", "elu", "swish", "Activation: relu",
        "Input: 3",
        "type: linear", "{type: linear, out: 3}", "{class_name: Dense, units: 3}", "Rescaling: 1",
        "batch_norm: 32",
        "conv2d: {filters: 3, kernel: 3}", "conv2d: {out: 3, kernel: 3, activation: relu}",
        "conv2d: {out: 3, kernel: 3, padding: same}", "conv2d: {out: 3, kernel: 3, dilation: 2}",
        "dropout: {rate: 0.5}", "dropout: {keep_prob: 0.5}", "leaky_relu: {alpha: 0.1}",
        "linear: {units: 3}", "linear: {out: 3, kernel_initializer: he_normal}",
        "linear: {out: 3, init: xavier}",
        "linear: {out: 3, input_shape: 4}", "batch_norm: {epsilon: 0.001}", "batch_norm: {axis: 1}",
        "batch_norm: {center: true}",
    ])
    func layersGetAnAnswer(layer: String) {
        let message = failure(dataLine + "model:\n  - flatten\n  - \(layer)\n")
        #expect(message.hasPrefix("config.yaml:4: model.1"), "\(message)")
        #expect(!message.contains(" here are "), "\(message)")
    }

    /// A value in another unit, or of another meaning, is said to be one.
    @Test(arguments: [
        ("model: [flatten, dropout: {keep_prob: 0.5}]", "did you mean \"p\", which is 1 − keep_prob?"),
        (
            "model: [flatten, BatchNormalization]",
            "did you mean \"batch_norm\", whose momentum is 1 − Keras's?"
        ),
        ("model: [flatten, dropout: 50]", "must be at least 0 and below 1, is 50; write 0.5 for 50 percent"),
        ("lrf: 0.01", "did you mean \"schedule.eta_min\", which is lr0 · lrf?"),
        ("warmup_ratio: 0.1", "did you mean \"schedule.warmup\", in epochs?"),
        ("loss: nll_loss", "did you mean \"cross_entropy\", on logits, without log_softmax in front?"),
        (
            "training: {stall_timeout: 5m}",
            "expected a number of seconds from 0 to 10000000, found 5m; write the number alone, without a unit"
        ),
        ("training: {epochs: 10.0}", "expected a whole number, found 10.0; write 10"),
        ("training: {batch: \"64\"}", "write 64, without quotation marks"),
        ("schedule: {name: cosine, warmup: 50%}", "found 50%; write 0.5 for 50%"),
        ("evaluation: {metrics: accuracy}", "write [accuracy]"),
        ("precision: 16", "did you mean \"training.precision\"?"),
        ("bf16: true", "did you mean \"training.precision\", which is float32 or bfloat16?"),
        ("training: {bf16: true}", "did you mean \"precision\", which is float32 or bfloat16?"),
        ("training: {mixed_precision: bf16}", "did you mean \"precision\", which is float32 or bfloat16?"),
        ("training: {autocast: true}", "did you mean \"precision\", which is float32 or bfloat16?"),
        ("training: {amp: true}", "did you mean \"precision\", which is float32 or bfloat16?"),
        ("training: {precision: bf16-mixed}", "did you mean \"bfloat16\"?"),
        ("training: {precision: bf16}", "did you mean \"bfloat16\"?"),
        ("training: {precision: 16-mixed}", "did you mean \"bfloat16\"?"),
        ("training: {precision: 16}", "did you mean \"bfloat16\"?"),
        ("training: {precision: 32}", "did you mean \"float32\"?"),
        ("training: {precision: 32-true}", "did you mean \"float32\"?"),
        ("training: {precision: fp32}", "did you mean \"float32\"?"),
    ])
    func units(line: String, says: String) {
        let text = line.hasPrefix("model") ? dataLine + line : small + line
        #expect(failure(text).hasSuffix(says), "\(failure(text))")
    }

    @Test(arguments: [
        ("training: {epochs 3}", "write \"epochs: 3\", with a colon and a space"),
        ("training: {epochs:3}", "write \"epochs: 3\", with a colon and a space"),
        ("training:\n  epochs:3", "write \"epochs: 3\", with a space behind the colon"),
        ("optimizer:\nname: adam", "indent it below \"optimizer:\""),
        ("optimizer.lr: 0.1", "paths with points are for --set: write optimizer: {lr: 0.1}"),
        ("optimizer: adam\n  lr: 0.1", "and a section with keys below it no value on its own line"),
        ("training: [epochs: 3]", "found a list; write its keys below it, without dashes and brackets"),
        ("optimizer: {adam: {lr: 0.1}}", "write name: adam, with its options beside it"),
        ("dropout: 0.5", "it is a layer: write \"- dropout: 0.5\" in the list of model"),
        ("data: {train: t.csv}", "found \"t.csv\"; write {format: csv, files: t.csv, ...}"),
        ("validation: 0.2", "did you mean \"data.validation\"?"),
        ("training: {transport: true}", "found \"true\"; the names here are auto, shared, point_to_point"),
    ])
    func slipsOfYAML(line: String, says: String) {
        let text = line.hasPrefix("data") ? line + "\nmodel: [flatten, linear: 10]" : small + line
        #expect(failure(text).contains(says), "\(failure(text))")
    }

    /// What is suggested exists.
    @Test func aliasesAreNoNamesOfOurs() {
        let table = SettingsTable.standard
        var names = Set(table.keys.flatMap { [$0.section, $0.name, $0.path] })
        func add(_ choice: ChoiceForm) {
            names.formUnion(choice.names)
            names.formUnion(choice.entries.flatMap { $0.options.flatMap(\.names) })
        }
        for choice in [
            table.vocabulary.layers.form, table.vocabulary.models.form, table.vocabulary.losses.form,
            table.vocabulary.optimizers.form, table.vocabulary.schedules.form, table.vocabulary.formats.form,
            table.vocabulary.initializers.form, table.vocabulary.augmentations.form,
            table.vocabulary.normalizations.form,
        ] { add(choice) }
        names.formUnion(
            Metric.names + Metric.names.map { "validation_\($0)" } + [
                "train_loss", "metric", "name", "format",
            ])
        names.formUnion(Precision.allCases.map(\.rawValue))
        names.formUnion(["config", "resume", "overwrite", "steps", "dry-run", "profile"])
        for row in ForeignNames.keys + ForeignNames.parts + ForeignNames.choices {
            for name in row.names {
                #expect(names.contains(name) || ConfigurationKeys.isPath(name), "\(name)")
            }
        }
    }

    @Test func variablesInSingleQuotes() throws {
        let change = try ConfigurationOverride.set("data.train.features=${DATA}/x.npy")
        let text = failure(small, [change])
        #expect(
            text.contains(
                "not in single quotes: use double quotes, --set \"data.train.features=${DATA}/x.npy\""),
            "\(text)")
        #expect(failure(small + "output: ${A}/x").contains("or give it with --set \"output=${A}/x\""))
    }

    @Test func missingNamesOnTheCommandLine() throws {
        let change = try ConfigurationOverride.set("optimizer.lr=0.1")
        #expect(failure(small, [change]).contains("add --set optimizer.name=adam"))
        let name = try ConfigurationOverride.set("optimizer.name=adam")
        #expect(try read(small, [change, name]).settings.optimizer.learningRate == 0.1)
    }

    @Test func textsOfAnotherSort() throws {
        #expect(failure("base: {recipe: fashion-mlp}\nvary: {}").contains("base: unknown key; it is a study"))
        let error = #expect(throws: ConfigurationError.self) {
            try StudyConfiguration(yaml: small, source: .file("s.yaml"), currentFolder: home)
        }
        #expect(error?.description.contains("model: unknown key; it is a configuration") == true)
    }
}
