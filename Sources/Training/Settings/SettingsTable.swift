import Cluster
import DataParallel
import Datasets
import FixedTree
import Layers
import Optimizers
import Options

/// All keys of a configuration, in the order of a resolved one, with their forms and effects.
///
/// The table serves to read and write YAML, to check values, to tell runs apart and to write the reference of all keys.
/// A new option is one row here, and the code that uses it.
package struct SettingsTable: Sendable {
    /// The keys.
    package let keys: [SettingKey]
    /// The choices that may be named.
    package let vocabulary: Vocabulary
    /// The choices of each kind, by kind.
    private let forms: [String: ChoiceForm]

    /// The table of dtrain's built-in choices; made once, since a study may have a thousand configurations.
    package static let standard = SettingsTable()

    /// The keys of a configuration with these choices.
    package init(_ vocabulary: Vocabulary = .standard) {
        self.vocabulary = vocabulary
        forms = [
            LayerParts.layerKind: vocabulary.layers.form,
            LayerParts.initializerKind: vocabulary.initializers.form,
            ModelDescription.modelKind: vocabulary.models.form,
        ]
        keys =
            Self.data(vocabulary) + Self.model(vocabulary) + Self.optimizer(vocabulary)
            + Self.training(vocabulary) + Self.evaluation(vocabulary) + Self.records
    }

    /// The sections, in order.
    package var sections: [String] {
        keys.map(\.section).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// A description, in one sentence, of each section that is not a key itself.
    package static let sectionSummaries = [
        "data":
            "Where examples come from and what is done to them; several files are a list, each may be .gz.",
        "init": "First values.",
        "training": "Batches, gradients and how work is shared out.",
        "evaluation": "What is measured beside training.",
        "checkpoint": "When what resume needs is saved.",
        "logging": "What is written of steps; gradients that vanish or explode are named anyway.",
    ]

    /// The settings of a configuration that sets nothing except data and a model.
    package static var defaults: TrainingSettings {
        get throws(OptionError) {
            TrainingSettings(
                data: TrainingSettings.Data(training: DatasetSource(format: .idx, features: "", labels: "")),
                optimizer: try OptimizerConfiguration(name: "adam"), output: "")
        }
    }

    /// The choices of a kind; nil if the kind is unknown.
    package func kinds(_ kind: String) -> ChoiceForm? { forms[kind] }

    /// The value of a key in some settings, with choices written as keys with values.
    package func plainValue(of key: SettingKey, in settings: TrainingSettings) -> OptionValue {
        key.form.plain(key.value(settings), kinds: kinds)
    }

    /// The key of the folder that relative paths of data start from.
    package static let rootPath = "data.root"

    /// The error for a data set without labels that needs them.
    package static func missingLabels(of source: DatasetSource) -> OptionError {
        let isTable = source.format == .csv
        if source.format == .inline {
            return OptionError(
                .missingOption, key: "labels", value: "",
                allowed: "a list of classes, as [1, 0], or of lists of numbers to predict, as [[1], [0]]")
        }
        return OptionError(
            .missingOption, key: isTable ? "label" : "labels", value: "",
            allowed: isTable
                ? "a column's name, or its number from 0" : "the path of a file, or a list of them")
    }

    private static func data(_ vocabulary: Vocabulary) -> [SettingKey] {
        let formats = vocabulary.formats
        let source = OptionCodec<DatasetSource>(.choice(formats.form), encode: \.option) {
            value throws(OptionError) in try formats.make(value)
        }
        let labelled = OptionCodec<DatasetSource>(source.form, encode: source.encode) {
            value throws(OptionError) in
            let source = try source.decode(value)
            guard source.hasLabels else { throw missingLabels(of: source) }
            return source
        }
        let fraction = OptionCodec<Double>.options(
            "a fraction, or files",
            [
                .required(
                    "fraction", .number(.properFraction),
                    "The share of the training examples, drawn by the seed.")
            ],
            encode: { [NamedOption("fraction", .number($0))] }, decode: { $0.number("fraction") })
        let validation = OptionCodec<TrainingSettings.Validation>(
            .either([source.form, fraction.form], "a fraction, or files")
        ) { validation in
            switch validation {
            case .fraction(let part): fraction.encode(part)
            case .files(let files): source.encode(files)
            }
        } decode: { value throws(OptionError) in
            guard case .options = value else { return .files(try labelled.decode(value)) }
            return .fraction(try fraction.decode(value))
        }
        let (scalings, augmentations) = (vocabulary.normalizations, vocabulary.augmentations)
        return [
            // It affects how other keys are read, and is not a setting itself.
            SettingKey(
                rootPath, .path("the path of a folder"), .conduct,
                "The folder that relative paths start from."
            ) {
                _ in
                .none
            } set: { _, _ in
            },
            SettingKey("data.train", \.data.training, labelled, .conduct, "What is trained on."),
            SettingKey(
                "data.test", \.data.test, optional: source, .conduct,
                "What is reported on after each epoch and at the end; it decides nothing."),
            SettingKey(
                "data.validation", \.data.validation, optional: validation, .results,
                "What best weights, early stopping and schedules watch: a part of the training set, or files."
            ),
            SettingKey(
                "data.normalize", \.data.normalization,
                OptionCodec(.choice(scalings.form), encode: \.option) { value throws(OptionError) in
                    try scalings.make(value)
                }, .results,
                "How features are scaled, by statistics of the training set; text and synthetic sequences are not, unless given."
            ),
            SettingKey(
                "data.augment", \.data.augmentation,
                .list(
                    OptionCodec(.choice(augmentations.form), encode: \.option) { value throws(OptionError) in
                        try augmentations.make(value)
                    }, "a list of augmentations, as [flip, {crop: 4}]", isEmptyAllowed: true), .results,
                "Random changes of training images, in order, drawn from seed, epoch and example."),
            SettingKey(
                "data.shuffle", \.data.shuffle, .word("shuffle"), .results,
                "When the order of training examples is drawn."),
            SettingKey(
                "data.bucket", \.data.bucket, .flag, .results,
                "Whether training examples of like lengths come together, so that less padding is computed."),
        ]
    }

    private static func model(_ vocabulary: Vocabulary) -> [SettingKey] {
        let losses = vocabulary.losses
        return [
            SettingKey(
                "model", ModelDescription.form, .results,
                "A list of layers, with PyTorch's options and defaults, or a built-in model."
            ) {
                $0.model
            } set: {
                $0.model = $1
            },
            SettingKey(
                "loss", \.loss,
                OptionCodec(.choice(losses.form), encode: \.option) { value throws(OptionError) in
                    try losses.make(value)
                }, .results, "What training minimizes."),
            SettingKey(
                "init.weights", \.initialWeights,
                optional: .path("the path of a safetensors file or of a run's folder"), .conduct,
                "What training starts from; seeded first values unless given."),
            SettingKey(
                "init.default", LayerParts.initialForm, .results,
                "How layers that do not say it draw their first values."
            ) {
                $0.initializers
            } set: {
                $0.initializers = $1
            },
        ]
    }

    private static func optimizer(_ vocabulary: Vocabulary) -> [SettingKey] {
        let (rules, shapes) = (vocabulary.optimizers, vocabulary.schedules)
        let lookahead = OptionCodec<LookaheadOptions>.options(
            "options such as {k: 5, alpha: 0.5}",
            [
                .optional("k", .whole(1...1_000_000_000), default: 5, "Fast steps per slow one."),
                .optional(
                    "alpha", .number(.positiveUpToOne), default: 0.5,
                    "How far slow weights move towards fast ones."),
            ],
            encode: { [NamedOption("k", .whole($0.k)), NamedOption("alpha", .number($0.alpha))] },
            decode: { options throws(OptionError) in
                try LookaheadOptions(k: options.whole("k"), alpha: options.number("alpha"))
            })
        return [
            SettingKey("optimizer", .choice(rules.form), .results, "How gradients change weights.") {
                .choice($0.optimizer.name, $0.optimizer.options)
            } set: { settings, value throws(OptionError) in
                guard let (name, options) = ChoiceForm.parts(value) else { return }
                settings.optimizer = try OptimizerConfiguration(
                    name: name, options: options.asDictionary, among: rules)
            },
            SettingKey(
                "optimizer.no_decay", \.optimizer.noDecay,
                .list(
                    .word("kind of parameters"), "a list of parameter kinds (bias, norm)",
                    isEmptyAllowed: true),
                .results, "Parameters that weight decay leaves out."),
            SettingKey(
                "optimizer.lookahead", \.optimizer.lookahead, optional: lookahead, .results,
                "Slow weights around any rule, which follow it every k steps.", source: "Zhang et al. 2019"),
            SettingKey(
                "optimizer.sharded", \.optimizer.isSharded, .flag, .conduct,
                "Whether the optimizer's state is spread over all ranks.", source: "Rajbhandari et al. 2020"),
            SettingKey(
                "schedule", .choice(shapes.form), .results,
                "How the learning rate moves behind a linear warm-up.", source: "Goyal et al. 2017"
            ) { settings in
                let schedule = settings.schedule
                let options = try? schedule.options(baseRate: settings.optimizer.learningRate)
                return .choice(schedule.name, options ?? [])
            } set: { settings, value throws(OptionError) in
                guard let (name, options) = ChoiceForm.parts(value) else { return }
                settings.schedule = try ScheduleConfiguration(
                    name: name, options: options.asDictionary, among: shapes)
            },
            SettingKey(
                "schedule.momentum", \.schedule.momentum, optional: .momentumSchedule, .results,
                "How the momentum, or Adam's first beta, moves: each value from its epoch on, in a line, or as nesterov's (k−1)/(k+2).",
                source: "Sutskever et al. 2013"),
        ]
    }

    private static func training(_ vocabulary: Vocabulary) -> [SettingKey] {
        let earlyStopping = OptionCodec<EarlyStoppingSetting>.earlyStopping(vocabulary.metrics)
        let watch = OptionCodec<WatchSetting>.watch(vocabulary.metrics)
        let batch = OptionCodec<Int>.whole(1...16_777_216).or("full")
        let shards = OptionCodec<Int>.whole(1...ShardBounds.most)
        return [
            // Read before the epochs, which must be 1 with it.
            SettingKey(
                "training.online", .flag, .results, "Whether each example is used once; epochs is then 1."
            ) {
                .flag($0.isOnline)
            } set: { settings, value in
                settings.isOnline = value == .flag(true)
                if settings.isOnline { settings.epochs = 1 }
            },
            // The limits keep products such as epochs · steps inside an Int.
            SettingKey(
                "training.epochs", \.epochs, .whole(1...1_000_000), .results, "Passes over the training set."),
            SettingKey(
                "training.max_minutes", \.maximumMinutes,
                optional: .number(
                    AllowedNumbers("a number of minutes above 0, at most 10000000", above: 0, atMost: 1e7)),
                .conduct,
                "Minutes from the start, fractions allowed, after which a run that has steps left saves and ends, for --resume to go on."
            ),
            SettingKey(
                "training.batch", .wordOr("auto", batch.form), .results,
                "Examples of a mini-batch over all ranks; full for the whole training set, auto for the largest power of two below the noise scale that fits into memory.",
                source: "McCandlish et al. 2018"
            ) {
                $0.choosesBatch ? .text("auto") : batch.encode($0.batchIfAny)
            } set: { settings, value throws(OptionError) in
                if value == .text("auto") {
                    settings.choosesBatch = true
                    settings.isFullBatch = false
                } else {
                    settings.batchIfAny = try batch.decode(value)
                }
            },
            SettingKey(
                "training.memory", \.memoryLimit, .memory, .conduct,
                "The memory of a node for which batch: auto chooses, as 8 GiB; auto for the limit of its control group or else all of it."
            ),
            SettingKey(
                "training.accumulate", \.accumulate, .whole(1...1_000_000), .results,
                "Mini-batches whose gradients a step takes together, for batches larger than memory."),
            SettingKey(
                "training.batch_growth", \.growth, optional: .batchGrowth, .results,
                "How the mini-batch grows: at epochs, every few epochs, or while the noise scale is above it.",
                source: "Smith et al. 2018, McCandlish et al. 2018"),
            SettingKey(
                "training.delayed", \.isDelayed, .flag, .results,
                "Whether gradients travel while the next are computed, one step late; not beside accumulate.",
                source: "Langford et al. 2009"),
            SettingKey(
                "training.max_skipped_steps", \.maximumSkippedSteps, .whole(0...1_000_000_000), .results,
                "A step whose gradient is not finite changes nothing; so many in a row end the run with exit code 79."
            ),
            SettingKey(
                "training.skip_spikes", \.spikes, optional: .lossSpikeGuard, .results,
                "A step whose loss is sigma deviations above the mean of the last window changes nothing and counts as skipped; not beside delayed.",
                source: "Chowdhery et al. 2022"),
            SettingKey(
                "training.watch", watch.form, .results,
                "The metric whose best weights best.safetensors keeps, the validation loss unless given; by: step looks at evaluations within epochs too."
            ) { settings in
                watch.encode(
                    WatchSetting(metric: settings.watchedMetric, isBySteps: settings.watchesEvaluations))
            } set: { settings, value throws(OptionError) in
                let setting = value == .none ? WatchSetting() : try watch.decode(value)
                (settings.watchedMetric, settings.watchesEvaluations) = (setting.metric, setting.isBySteps)
            },
            SettingKey(
                "training.early_stopping", earlyStopping.form, .results,
                "Ends the run when a metric has not become better for some epochs, with the best weights.",
                source: "Prechelt 1998"
            ) { settings in
                settings.earlyStopping.map { earlyStopping.encode(EarlyStoppingSetting(rule: $0)) } ?? .none
            } set: { settings, value throws(OptionError) in
                let setting = try earlyStopping.decode(value)
                settings.earlyStopping = setting.rule
                settings.watchedMetric = setting.metric ?? settings.watchedMetric
            },
            SettingKey(
                "training.on_plateau", \.onPlateau, optional: .plateauEscape, .results,
                "After patience epochs without a fall of the training loss by the part min_delta, leaves a saddle along its most negative curvature.",
                source: "Goldfarb 1980"),
            SettingKey(
                "training.shards", shards.form, .results,
                "Shards of a mini-batch, on which results depend, as they do not on ranks; one for every 32 examples unless given, and at least 8.",
                isDerived: true
            ) {
                $0.knownShards.map(shards.encode) ?? .none
            } set: { settings, value throws(OptionError) in
                settings.shards = try shards.decode(value)
            },
            SettingKey("training.seed", \.seed, .seed, .results, "What everything random is drawn from."),
            SettingKey(
                "training.stall_timeout", \.stallLimit,
                .number(AllowedNumbers("a number of seconds from 0 to 10000000", atLeast: 0, atMost: 1e7)),
                .conduct,
                "Seconds without progress after which a run is given up; 0 for never."),
            SettingKey(
                "training.workers", \.workers, optional: .whole(1...4096), .conduct,
                "Worker threads of each rank; its share of the node's cores unless given."),
            SettingKey(
                "training.transport", \.transport, .word("transport"), .conduct,
                "How ranks of one node exchange data."),
            SettingKey(
                "training.exchange", \.exchange, .word("exchange"), .results,
                "What gradients are rounded to where they are summed."),
            SettingKey(
                "training.precision", \.precision, .word("precision"), .results,
                "What activations and their gradients are stored in, and products and convolutions read; weights, sums, normalization and losses are float32 or wider in either.",
                source: "Kalamkar et al. 2019"),
            SettingKey(
                "training.check_replicas", \.replicaCheckSteps, .whole(0...1_000_000_000), .conduct,
                "Steps between comparisons of what ranks hold; 0 for none."),
            SettingKey(
                "training.bucket_bytes", \.bucketBytes, .whole(1...1_073_741_824), .conduct,
                "Bytes of gradients exchanged together."),
            SettingKey(
                "training.instruction_set", \.instructionSet,
                OptionCodec<InstructionSet>.word("instruction set").or("auto"),
                .conduct,
                "The vector instructions that arithmetic uses; auto for the highest that all ranks have."),
            SettingKey(
                "training.clip", \.clipping, .gradientClipping, .results,
                "Clipping of the gradient, by its norm over all parameters or element by element.",
                source: "Pascanu et al. 2013"),
        ]
    }

    private static func evaluation(_ vocabulary: Vocabulary) -> [SettingKey] {
        let names = (Metric.names + vocabulary.metrics.map(\.name)).joined(separator: ", ")
        let metrics = OptionCodec<[Metric]>.list(
            .metric(vocabulary.metrics), "a list of metrics (\(names))", isEmptyAllowed: true
        ).eachOnce()
        return [
            SettingKey(
                "evaluation.metrics", \.metrics, optional: metrics, .conduct,
                "What is reported beside the loss, by the targets unless given: \(names).",
                source: "scikit-learn"),
            // It decides results where watch is by step.
            SettingKey(
                "evaluation.every_steps", countOrOff: \.evaluationSteps, .results,
                "Optimizer steps between two evaluations within epochs; 0 for ends of epochs alone."),
            SettingKey(
                "evaluation.train", \.evaluatesTraining, .flag, .conduct,
                "Whether the training set is evaluated after each epoch, too."),
        ]
    }
}
