import Cluster
import DataParallel
import Datasets
import Graph
import Layers
import Optimizers
import Options

/// All settings of a training run except the model: data, loss, optimizer, schedule, length and output.
public struct TrainingSettings: Sendable {
    /// Where examples come from and how their features are scaled.
    public struct Data: Sendable {
        /// The training set.
        public var training: DatasetSource
        /// The test set, evaluated after each epoch and at the end; it never affects any decision.
        public var test: DatasetSource?
        /// The validation set, which decisions watch.
        public var validation: Validation?
        /// The scaling of features, by statistics of the training set.
        public var normalization: Normalization
        /// Random changes of training images, in order.
        public var augmentation: [Augmentation]
        /// How often the order of training examples is drawn.
        public var shuffle: Shuffle
        /// Whether training examples of like lengths come together, whose mini-batches are then cut to the longest of them.
        public var bucket: Bool

        /// A description of the data.
        public init(
            training: DatasetSource, test: DatasetSource? = nil, validation: Validation? = nil,
            normalization: Normalization, augmentation: [Augmentation] = [], shuffle: Shuffle = .epoch,
            bucket: Bool = false
        ) {
            self.training = training
            self.test = test
            self.validation = validation
            self.normalization = normalization
            self.augmentation = augmentation
            self.shuffle = shuffle
            self.bucket = bucket
        }

        /// A description of data whose features are standardized; of text and synthetic sequences they are taken as they are.
        public init(
            training: DatasetSource, test: DatasetSource? = nil, validation: Validation? = nil,
            augmentation: [Augmentation] = [], shuffle: Shuffle = .epoch, bucket: Bool = false
        ) {
            self.init(
                training: training, test: test, validation: validation,
                normalization: training.isTakenAsItIs ? .none : .standardize, augmentation: augmentation,
                shuffle: shuffle, bucket: bucket)
        }

        /// Lets the labels of tables mean `task`, unless a table says what they mean.
        package mutating func takeTables(as task: LabelTask) {
            func taken(_ source: DatasetSource) -> DatasetSource {
                source.format == .csv && source.task == nil ? source.taking(task) : source
            }
            training = taken(training)
            test = test.map(taken)
            if case .files(let source) = validation { validation = .files(taken(source)) }
        }
    }

    /// The data, whose samples are drawn by the run's seed.
    package var seededData: Data {
        var data = data
        data.training = data.training.seeded(seed)
        data.test = data.test?.seeded(seed)
        if case .files(let source) = data.validation { data.validation = .files(source.seeded(seed)) }
        return data
    }

    /// Where validation examples come from.
    public enum Validation: Sendable, Hashable {
        /// A seeded choice of this fraction of the training set.
        case fraction(Double)
        /// A data set of its own.
        case files(DatasetSource)
    }

    /// When checkpoints are written.
    public struct Checkpoints: Sendable {
        /// Optimizer steps between checkpoints; nil for none by steps.
        public var everySteps: Int? { didSet { isSparing = false } }
        /// Epochs between checkpoints; nil for none by epochs.
        public var everyEpochs: Int? { didSet { isSparing = false } }
        /// Minutes between checkpoints by rank 0's clock, fractions allowed; nil for none by time.
        public var everyMinutes: Double? { didSet { isSparing = false } }
        /// How many of the newest checkpoints are kept.
        public var keep: Int { didSet { isSparing = false } }
        /// Whether the checkpoint of the best epoch so far is made and kept too, if a metric is watched.
        public var keepsBest: Bool { didSet { isSparing = false } }
        /// Whether checkpoints at ends of epochs are skipped, by rank 0's clock, if they would take more than a
        /// hundredth of the time; those of the best epoch and of the run's end are not. It is true until a rule is set.
        public var isSparing: Bool

        /// The default: sparing checkpoints.
        public init() { self.init(isSparing: true) }

        /// Checkpoints by these rules.
        public init(
            everySteps: Int? = nil, everyEpochs: Int? = 1, everyMinutes: Double? = nil, keep: Int = 3,
            keepsBest: Bool = true, isSparing: Bool = false
        ) {
            self.isSparing = isSparing
            self.everySteps = everySteps
            self.everyEpochs = everyEpochs
            self.everyMinutes = everyMinutes
            self.keep = keep
            self.keepsBest = keepsBest
        }
    }

    /// Whether a run continues an earlier one, and which.
    public enum Resume: Sendable, Hashable {
        /// From the start.
        case no
        /// From the newest valid checkpoint of the output folder, if there is one.
        case auto
        /// From this checkpoint, or the newest one of this run.
        case from(String)
    }

    public var data: Data
    public var loss: Loss
    /// The metrics beside the loss; nil for accuracy of classes, and r2 and mae of numbers.
    public var metrics: [Metric]?
    /// First values of all variables: a safetensors file, a run's folder or one of its checkpoints; nil for seeded initializers.
    public var initialWeights: String?
    /// The update rule, and the learning rate at which `schedule` starts.
    public var optimizer: OptimizerConfiguration
    /// How the learning rate changes; constant unless given.
    public var schedule: ScheduleConfiguration
    public var clipping: GradientClipping
    /// The number of passes over the training set.
    public var epochs: Int
    /// The number of optimizer steps after which to stop early; schedules are not affected.
    public var stepLimit: Int?
    /// The number of epochs after which to stop early; schedules are not affected.
    package var epochLimit: Int?
    /// Minutes, by rank 0's clock from the start of the process, after which a run that has steps left writes weights, a
    /// checkpoint and its end, and stops; nil for no limit. Steps are not begun after it, evaluation and writing come on
    /// top. Results do not depend on it: a resumed run has as many minutes again.
    public var maximumMinutes: Double?
    /// The examples of a mini-batch over all ranks, the first one if it grows; ignored if `isFullBatch` or `choosesBatch`.
    public var batch: Int
    /// Whether the run chooses the mini-batch before its first step, as `BatchChoice` says; a resumed run keeps its own.
    public var choosesBatch: Bool
    /// The memory of a node, in bytes, within which the run chooses its mini-batch; nil for the least limit of the node's
    /// control groups or, without one, the node's memory.
    public var memoryLimit: Int?
    /// Whether a mini-batch is the whole training set, or its `accumulate`-th part.
    public var isFullBatch: Bool
    /// The number of mini-batches whose gradients an optimizer step adds, for batches larger than memory.
    ///
    /// Each mini-batch is cut into shards of its own; the gradients are weighted by their examples and added in order.
    public var accumulate: Int
    /// How mini-batches grow during training; nil if they do not.
    public var growth: BatchGrowth?
    /// Whether each example is used once, so that `epochs` must be 1. The training loss is then measured on unseen
    /// examples.
    public var isOnline: Bool
    /// Whether a step's gradient is summed over ranks while the next step is computed, and applied after that step.
    ///
    /// Gradient t is then taken at the weights after update t − 2: communication costs no time, at the price of one
    /// step of staleness. Results remain deterministic.
    ///
    /// Reference: Langford, Smola and Zinkevich, "Slow Learners are Fast", NIPS 2009, arXiv:0911.0491.
    public var isDelayed: Bool
    /// The number of steps in a row that may be skipped, because their gradient is not finite or their loss a spike,
    /// before the run ends as diverged. With 0 gradients are not checked, and a loss that is not finite ends the run at
    /// once.
    public var maximumSkippedSteps: Int
    /// Which steps are skipped because their loss is far above the recent ones; nil for none. Not allowed with delayed
    /// updates.
    public var spikes: LossSpikeGuard?
    /// The metric that best weights, early stopping and plateaus watch, such as "validation_loss".
    public var watchedMetric: String?
    /// Whether best weights, early stopping and a schedule that follows a metric look at the evaluations within epochs
    /// too, every `evaluationSteps`; patience then counts evaluations. Otherwise they look at ends of epochs alone.
    public var watchesEvaluations: Bool
    /// When to end before all epochs are done; nil for never.
    public var earlyStopping: EarlyStopping?
    /// What to do when the training loss stops falling; nil for nothing.
    public var onPlateau: PlateauEscape?
    /// The number of shards of a mini-batch; results depend on it, but not on the number of ranks. Nil for one for every
    /// 32 examples of the mini-batch, or of the first one if it grows, and at least 8; a resumed run keeps its own.
    public var shards: Int?
    public var seed: UInt64
    /// Worker threads of each rank; nil for its share of the node's cores.
    public var workers: Int?
    /// The number of steps between comparisons of the ranks' weights, optimizer state and statistics, which are also
    /// compared before evaluation and checkpoints; 0 for no comparisons. Results do not depend on it.
    public var replicaCheckSteps: Int
    /// The approximate size, in bytes, of the parts in which gradients are exchanged.
    public var bucketBytes: Int
    /// The precision that gradients are rounded to where they are summed, and in which they travel between nodes.
    public var exchange: GradientPrecision
    /// How activations and their gradients are stored, and what products and convolutions read. Weights, sums,
    /// normalization, losses and everything about curvature are Float32 or Float64 in either.
    public var precision: Precision
    public var checkpoints: Checkpoints
    /// The number of steps between logged steps.
    public var loggingSteps: Int
    /// Optimizer steps between evaluations, besides those at ends of epochs; nil for none. Weights do not depend on it
    /// unless `watchesEvaluations`. Not allowed with delayed updates.
    public var evaluationSteps: Int?
    /// Whether the training set is evaluated too after each epoch, with the weights at its end.
    public var evaluatesTraining: Bool
    /// Whether the gradient noise scale is measured at logged steps.
    public var logsNoiseScale: Bool
    /// Whether the norm of every parameter's gradient is written at logged steps.
    public var logsLayers: Bool
    /// Whether the final weights' predictions for the test set are saved in the run's folder, up to 16 million numbers.
    public var keepsPredictions: Bool
    /// The number of steps between measurements of the curvature of the mini-batch's loss, which are logged; nil for
    /// none. Weights do not depend on it. A measurement takes up to 13 products with the Hessian, each the time of a
    /// few gradients, and memory for them. Not allowed with accumulated or delayed gradients.
    public var curvatureSteps: Int?
    /// The number of steps between two at which the trainable parameters, at most 10,000 of them, are kept for
    /// path.safetensors, beside the first and the last; nil for no such file. Weights do not depend on it.
    public var parameterSteps: Int?
    /// The number of steps between those at which the effective rates of an adaptive update rule are logged; nil for none.
    /// Weights do not depend on it.
    public var effectiveRateSteps: Int?
    /// The number of steps between those at which the internal covariate shift is logged: how far the step moves the
    /// distribution of what each layer reads, over up to 256 training examples; nil for none. Weights do not depend on it.
    public var covariateShiftSteps: Int?
    /// Whether the run's numbers, histograms and settings are written for TensorBoard.
    public var writesTensorBoard: Bool
    /// Whether steps and epochs are written as CSV tables too.
    public var writesCSV: Bool
    /// The output folder.
    public var output: String
    /// Whether the next free name is taken if the output folder is used, instead of an error.
    public var picksFreeOutput: Bool
    /// Whether a used output folder is emptied first.
    public var overwritesOutput: Bool
    public var resume: Resume
    /// Whether the run only goes through its first step, and writes nothing.
    public var isDryRun: Bool
    /// Seconds without progress of any rank after which the job is ended, 0 for never; nil for the program's own value.
    public var stallTimeout: Double?
    /// Whether every operation is timed and a profile is reported at the end.
    public var isProfiled: Bool
    /// The content of config.yaml; nil for no such file.
    public var configurationText: String?
    /// Makes that content of settings, for a run that chooses some itself; nil to leave it as it is.
    package var makesConfigurationText: (@Sendable (TrainingSettings) -> String)?
    /// The model in a configuration's form; `.none` if it is code.
    package var model = OptionValue.none
    /// How layers without an `init` of their own draw their first values, in a configuration's form.
    package var initializers = OptionValue.none
    /// How the ranks of one node exchange data; read by the caller that makes the cluster.
    package var transport = Cluster.Transport.auto
    /// The vector instructions to use, read by the caller that makes the cluster; nil for the highest that all ranks
    /// have.
    package var instructionSet: InstructionSet?
    #if FAULT_INJECTION
        /// Whether this rank behaves as if it could not see the output folder, as on a cluster without shared files.
        package var hidesFolder = false
        /// The rank that behaves as if its processor had no products of bfloat16.
        package var rankWithoutBFloat16: Int?
    #else
        // Others only in tests.
        package var hidesFolder: Bool { false }
        package var rankWithoutBFloat16: Int? { nil }
    #endif
    /// A deviation for a test.
    package var control = ReplicaSettings.Control.none
    /// Sinks for the run's events, besides its metrics and the terminal: files or functions of your own. Only those of
    /// rank 0 are called, on the training thread. A dry run calls none.
    public nonisolated(unsafe) var sinks: [any RunSink] = []

    /// The learning rate of every step; throws if the schedule does not fit the optimizer's rate or the batch.
    package func rates() throws(OptionError) -> LearningRateSchedule {
        try schedule.schedule(
            baseRate: optimizer.learningRate, batch: batchIfAny.map { $0 * accumulate })
    }

    /// The examples of a mini-batch; nil for the whole training set.
    var batchIfAny: Int? {
        get { isFullBatch ? nil : batch }
        set {
            isFullBatch = newValue == nil
            batch = newValue ?? batch
            choosesBatch = false
        }
    }

    /// Sets the mini-batch that the run has chosen, in its configuration too.
    mutating func take(batch: Int) {
        batchIfAny = batch
        if let makesConfigurationText { configurationText = makesConfigurationText(self) }
    }

    /// Seconds without progress after which the job is ended, 0 for never.
    var stallLimit: Double {
        get { stallTimeout ?? Watchdog.standardLimit }
        set { stallTimeout = newValue }
    }

    /// The examples of a mini-batch in evaluation: as in training; if that takes the whole set at once, 1,024, or more
    /// where so many shards would have fewer than 32 each.
    package var evaluationBatch: Int { batchIfAny ?? max(1024, 32 * shardCount) }

    /// Settings with the defaults of `dtrain train`.
    public init(
        data: Data, loss: Loss = .crossEntropy, optimizer: OptimizerConfiguration,
        schedule: ScheduleConfiguration = .constant, output: String
    ) {
        self.data = data
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.output = output
        metrics = nil
        initialWeights = nil
        clipping = .off
        epochs = 10
        stepLimit = nil
        maximumMinutes = nil
        batch = 256
        isFullBatch = false
        choosesBatch = false
        memoryLimit = nil
        accumulate = 1
        growth = nil
        isOnline = false
        isDelayed = false
        maximumSkippedSteps = 10
        spikes = nil
        watchedMetric = nil
        watchesEvaluations = false
        earlyStopping = nil
        onPlateau = nil
        shards = nil
        seed = 0
        workers = nil
        replicaCheckSteps = 100
        bucketBytes = 1 << 20
        exchange = .float32
        precision = .float32
        checkpoints = Checkpoints()
        loggingSteps = 10
        evaluationSteps = nil
        evaluatesTraining = false
        logsNoiseScale = false
        logsLayers = false
        keepsPredictions = true
        curvatureSteps = nil
        parameterSteps = nil
        effectiveRateSteps = nil
        covariateShiftSteps = nil
        writesTensorBoard = true
        writesCSV = false
        picksFreeOutput = false
        overwritesOutput = false
        resume = .no
        isDryRun = false
        stallTimeout = nil
        isProfiled = false
        configurationText = nil
    }
}
