import Cluster
import DataParallel
import Datasets
import Layers
import Optimizers
import Options

/// Everything that a training run is, beside the model: data, loss, optimizer, schedule, length and output.
public struct TrainingSettings: Sendable {
    /// Where examples come from and how features are scaled.
    public struct Data: Sendable {
        /// What is trained on.
        public var training: DatasetSource
        /// What is reported after each epoch and at the end; never used to decide anything.
        public var test: DatasetSource?
        /// What decisions watch.
        public var validation: Validation?
        /// How features are scaled, by statistics of the training set.
        public var normalization: Normalization
        /// Random changes of training images, in order.
        public var augmentation: [Augmentation]
        /// When the order of training examples is drawn.
        public var shuffle: Shuffle

        /// A description of the data.
        public init(
            training: DatasetSource, test: DatasetSource? = nil, validation: Validation? = nil,
            normalization: Normalization = .standardize, augmentation: [Augmentation] = [],
            shuffle: Shuffle = .epoch
        ) {
            self.training = training
            self.test = test
            self.validation = validation
            self.normalization = normalization
            self.augmentation = augmentation
            self.shuffle = shuffle
        }

        /// Takes the labels of tables for what `task` says, where that is left open.
        package mutating func takeTables(as task: LabelTask) {
            func taken(_ source: DatasetSource) -> DatasetSource {
                source.format == .csv && source.task == nil ? source.taking(task) : source
            }
            training = taken(training)
            test = test.map(taken)
            if case .files(let source) = validation { validation = .files(taken(source)) }
        }
    }

    /// Where validation examples come from.
    public enum Validation: Sendable, Hashable {
        /// A seeded choice of this fraction of the training set.
        case fraction(Double)
        /// Files of their own.
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
        /// How many are kept, the newest.
        public var keep: Int { didSet { isSparing = false } }
        /// Whether an epoch that is the best so far, where something is watched, gets one that is kept besides.
        public var keepsBest: Bool { didSet { isSparing = false } }
        /// Whether ends of epochs are passed over, by rank 0's clock, as long as checkpoints would take more than a
        /// hundredth of the time; the best epoch's and the run's are not. So it is until a rule is given.
        public var isSparing: Bool

        /// What is done where no rule is given.
        public init() { self.init(isSparing: true) }

        /// A rule for checkpoints.
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

    /// Whether and where a run continues.
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
    /// What evaluation reports beside the loss; nil for accuracy of classes, r2 and mae of numbers.
    public var metrics: [Metric]?
    /// First values of all variables: a safetensors file, a run's folder or one of its checkpoints; nil for seeded initializers.
    public var initialWeights: String?
    /// The update rule, and the learning rate that `schedule` moves.
    public var optimizer: OptimizerConfiguration
    /// How the optimizer's learning rate moves; it stays what it is unless given.
    public var schedule: ScheduleConfiguration
    public var clipping: GradientClipping
    /// Passes over the training set.
    public var epochs: Int
    /// Optimizer steps after which to stop early; schedules do not change.
    public var stepLimit: Int?
    /// Examples of a mini-batch over all ranks, at first if it grows; not asked where `isFullBatch`.
    public var batch: Int
    /// Whether a mini-batch is the whole training set, or its `accumulate`-th part.
    public var isFullBatch: Bool
    /// Mini-batches whose gradients an optimizer step takes together: for batches larger than memory.
    ///
    /// Each is cut into shards of its own; their gradients, weighted by their examples, are added in order.
    public var accumulate: Int
    /// How mini-batches grow during training; nil for batches of one size.
    public var growth: BatchGrowth?
    /// Whether each example is used once: `epochs` must be 1. The training loss is then that of examples never seen.
    public var isOnline: Bool
    /// Whether a step's gradient is summed over ranks while the next step is computed, and changes parameters after it.
    ///
    /// Gradient t is then taken at the weights after update t − 2: communication costs no time, at the price of one
    /// step of staleness. Deterministic like everything else.
    ///
    /// Reference: Langford, Smola and Zinkevich, "Slow Learners are Fast", NIPS 2009, arXiv:0911.0491.
    public var isDelayed: Bool
    /// Steps in a row that change nothing, because their gradient is not finite or their loss a spike, before the run ends
    /// as diverged. 0 looks at no gradient: a loss that is not finite ends the run at once.
    public var maximumSkippedSteps: Int
    /// Which steps are left out because their loss is far above the recent ones; nil for none. Not beside delayed updates.
    public var spikes: LossSpikeGuard?
    /// What best weights, early stopping and plateaus watch: "validation_loss", "validation_accuracy" and the like.
    public var watchedMetric: String?
    /// When to end before all epochs are done; nil for never.
    public var earlyStopping: EarlyStopping?
    /// What is done when the training loss no longer falls; nil for nothing.
    public var onPlateau: PlateauEscape?
    /// Shards of a mini-batch; results depend on it, not on the number of ranks.
    public var shards: Int
    public var seed: UInt64
    /// Worker threads of each rank; nil for its share of the node's cores.
    public var workers: Int?
    /// Steps between comparisons of the weights, optimizer state and statistics that ranks hold, which also come before
    /// evaluation and checkpoints; 0 for none at all. Results do not depend on it.
    public var replicaCheckSteps: Int
    /// Bytes of gradients exchanged together.
    public var bucketBytes: Int
    /// What gradients are rounded to where they are summed, and so what travels between nodes.
    public var exchange: GradientPrecision
    public var checkpoints: Checkpoints
    /// Steps between lines of metrics.
    public var loggingSteps: Int
    /// Whether the training set is evaluated after each epoch, too, with the weights as they are then.
    public var evaluatesTraining: Bool
    /// Whether the gradient noise scale is measured where metrics are logged.
    public var logsNoiseScale: Bool
    /// Whether the norm of every parameter's gradient is written where metrics are logged.
    public var logsLayers: Bool
    /// Whether the run's folder gets what the final weights say of each test example, up to 16 million numbers.
    public var keepsPredictions: Bool
    /// Steps between two at which the curvature of the mini-batch's loss is measured and the step's metrics are written with
    /// it; nil for none. Weights do not depend on it. Each takes up to 13 products with the Hessian, of some gradients' time
    /// each, and memory for them. Not beside accumulated or delayed gradients.
    public var curvatureSteps: Int?
    /// Whether the run's numbers, histograms of its weights and gradients, and its settings are written for TensorBoard.
    public var writesTensorBoard: Bool
    /// Whether steps and epochs are written as CSV tables, too.
    public var writesCSV: Bool
    /// The output folder.
    public var output: String
    /// Whether a used output folder gets the next free name instead of an error.
    public var picksFreeOutput: Bool
    /// Whether a used output folder is emptied first.
    public var overwritesOutput: Bool
    public var resume: Resume
    /// Whether everything up to and including one step runs, and nothing is written.
    public var isDryRun: Bool
    /// Seconds without progress of any rank after which the job is given up, 0 for never; nil for what the program said.
    public var stallTimeout: Double?
    /// Whether every operation is timed and the profile reported at the end.
    public var isProfiled: Bool
    /// What config.yaml holds; nil for no such file.
    public var configurationText: String?
    /// What the model is, as a configuration says it; `.none` for one that is code.
    package var model = OptionValue.none
    /// How layers that do not say it draw their first values, as a configuration says it.
    package var initializers = OptionValue.none
    /// How ranks of one node exchange data, for whoever makes the cluster.
    package var transport = Cluster.Transport.auto
    /// The vector instructions that arithmetic uses, for whoever makes the cluster; nil for the highest that all ranks have.
    package var instructionSet: InstructionSet?
    #if FAULT_INJECTION
        /// Whether this rank does as if it did not see the output folder, as on a cluster without shared files.
        package var hidesFolder = false
    #else
        /// Never but in tests.
        package var hidesFolder: Bool { false }
    #endif
    /// What a test breaks on purpose.
    package var control = ReplicaSettings.Control.none
    /// Where the run's events go beside its metrics and the terminal: files or functions of one's own. Rank 0's alone are
    /// called, by the thread that trains. A dry run has none.
    public nonisolated(unsafe) var sinks: [any RunSink] = []

    /// The learning rate of every step; throws where the schedule does not go with the optimizer's rate or the batch.
    package func rates() throws(OptionError) -> LearningRateSchedule {
        try schedule.schedule(
            baseRate: optimizer.learningRate, batch: batchIfAny.map { $0 * accumulate })
    }

    /// Examples of a mini-batch; nil for the whole training set.
    var batchIfAny: Int? {
        get { isFullBatch ? nil : batch }
        set {
            isFullBatch = newValue == nil
            batch = newValue ?? batch
        }
    }

    /// Seconds without progress after which a run is given up, 0 for never.
    var stallLimit: Double {
        get { stallTimeout ?? Watchdog.standardLimit }
        set { stallTimeout = newValue }
    }

    /// Examples of a batch in evaluation: those of training, or 1,024 where training takes all at once.
    package var evaluationBatch: Int { batchIfAny ?? 1024 }

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
        batch = 256
        isFullBatch = false
        accumulate = 1
        growth = nil
        isOnline = false
        isDelayed = false
        maximumSkippedSteps = 10
        spikes = nil
        watchedMetric = nil
        earlyStopping = nil
        onPlateau = nil
        shards = 8
        seed = 0
        workers = nil
        replicaCheckSteps = 100
        bucketBytes = 1 << 20
        exchange = .float32
        checkpoints = Checkpoints()
        loggingSteps = 10
        evaluatesTraining = false
        logsNoiseScale = false
        logsLayers = false
        keepsPredictions = true
        curvatureSteps = nil
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
