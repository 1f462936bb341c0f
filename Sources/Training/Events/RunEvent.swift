/// What a run says of itself while it goes on; `RunSink` takes it.
///
/// `fields` are the numbers of an event by their names in metrics.jsonl, `init(line:)` reads a line of that file. What such
/// a line does not hold is nil in an event that was read.
public enum RunEvent: Sendable, Equatable {
    /// Training begins, or goes on.
    case start(Start)
    /// A step whose metrics are logged.
    case step(Step)
    /// How far the run is, between steps that are logged; only where a sink wants it.
    case progress(Progress)
    /// A parameter's gradient vanishes or explodes.
    case gradients(Gradients)
    /// The end of an epoch.
    case epoch(Epoch)
    /// How weights and gradients are spread at the end of an epoch; only where a sink wants it.
    case histograms(Histograms)
    /// The training loss no longer fell.
    case plateau(Plateau)
    /// The end of the run, or of this part of it, before its results are on disk.
    case end(End)
    /// The results are on disk.
    case results(Results)
    /// Something for a person that is not as usual.
    case note(String)
    /// A line for a person.
    case message(String)

    /// What begins.
    public struct Start: Sendable, Equatable {
        /// The output folder.
        public let output: String
        /// Examples of an epoch, and numbers that are trained.
        public let examples: Int
        public let parameters: Int
        /// Passes over the examples.
        public let epochs: Int
        /// Steps that are done already.
        public let step: Int
        public let ranks: Int
        /// Threads of each rank.
        public let workers: Int
        public let shards: Int
        /// The vector instructions that all ranks use.
        public let instructionSet: String
    }

    /// A step's numbers.
    public struct Step: Sendable, Equatable {
        /// Steps so far, and the epoch under way, both counted from 1.
        public let step: Int
        public let epoch: Int
        /// The mean loss of the step's examples.
        public let loss: Double
        /// nil of an optimizer that has none.
        public let learningRate: Double?
        /// √Σ g² before clipping, and the norm after clipping ÷ the norm before.
        public var gradientNorm: Double?
        public var clipRatio: Double?
        /// The gradient noise scale in examples, where it is measured; infinite where no gradient stands out.
        public var noiseScale: Double?
        public var curvature: Curvature?
        public var newton: Newton?
        /// Steps so far that changed nothing.
        public var skippedSteps = 0
        /// The norm of each parameter's gradient, where it is asked for.
        public var gradientNorms: [NamedNumber] = []
        public let pace: Pace
    }

    /// What a step of Newton's method did.
    public struct Newton: Sendable, Equatable {
        /// How long the step might be; nil where no trust region bounds it.
        public var radius: Double?
        /// Products with the Hessian of the step's mini-batches.
        public let products: Int
        /// dᵀHd of the unit direction d of negative curvature that the step goes along; 0 where it met none.
        public let negativeCurvature: Double
    }

    /// How fast a run goes: training examples a second, steps alone, and seconds since the start.
    public struct Pace: Sendable, Equatable {
        public let samplesPerSecond: Double
        public let seconds: Double
    }

    /// What a step found of its loss's curvature.
    ///
    /// By the quadratic model the plain step −ηg overshoots the best one along −g where gᵀHg is above gᵀg/η, and raises the
    /// loss where it is above 2gᵀg/η (Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 8.2.1).
    public struct Curvature: Sendable, Equatable {
        /// The largest eigenvalue of the mini-batch's Hessian H.
        public let lambdaMax: Double
        /// gᵀHg.
        public let gradientCurvature: Double
        /// gᵀg/η.
        public let gradientOverRate: Double
        /// Whether the mini-batch is large enough, as `BatchSizeTest` has it; nil of a single shard.
        public var normTest: Double?
        public var innerProductTest: Double?
        public var gradientSNR: Double?
    }

    /// How far a run is.
    public struct Progress: Sendable, Equatable {
        /// The epoch under way, from 1, and the part of it that is done.
        public let epoch: Int
        public let fraction: Double
        /// Steps so far, and those that the run takes in all.
        public let step: Int
        public let steps: Int
        /// The mean loss of the last step, and its learning rate, if it has one.
        public let loss: Double
        public let learningRate: Double?
        public let samplesPerSecond: Double
        /// Seconds left of the run.
        public let remaining: Double
    }

    /// What is wrong with a parameter's gradient.
    public struct Gradients: Sendable, Equatable {
        public let step: Int
        /// The parameter's name.
        public let parameter: String
        public let finding: GradientTrouble
        public let rootMeanSquare: Double
    }

    /// An epoch's numbers.
    public struct Epoch: Sendable, Equatable {
        /// The epoch, from 1, and the steps so far.
        public let epoch: Int
        public let step: Int
        /// The mean loss of the epoch's steps, and what its weights are worth.
        public let trainingLoss: Double
        public let evaluations: Evaluations
        /// The learning rate of the last step; nil of an optimizer that has none.
        public let learningRate: Double?
        /// Examples of a mini-batch, where it grows.
        public var batch: Int?
        /// Steps so far that changed nothing.
        public var skippedSteps = 0
        public let pace: Pace
        /// Seconds left of the run.
        public var remaining: Double?
    }

    /// What was found where the training loss no longer fell.
    public struct Plateau: Sendable, Equatable {
        /// Steps and epochs so far.
        public let step: Int
        public let epoch: Int
        public let verdict: Diagnosis.Verdict
        /// The loss over all training examples; nil where its curvature is not finite.
        public let loss: Double?
        /// Where the weights went; nil where they stay.
        public var escape: Escape?
    }

    /// How weights left a saddle: to which loss over all training examples, along which curvature.
    public struct Escape: Sendable, Equatable {
        public let loss: Double
        public let curvature: Double
    }

    /// What a run came to.
    public struct End: Sendable, Equatable {
        /// Steps and epochs so far.
        public let steps: Int
        public let epoch: Int
        /// The best epoch, from 1, and its watched metric; nil where nothing was watched.
        public var bestEpoch: Int?
        public var bestValue: Double?
        /// Steps so far that changed nothing.
        public var skippedSteps = 0
        /// What the weights are worth that the run ends with.
        public let evaluations: Evaluations
        public let pace: Pace
    }

    /// What a run leaves.
    public struct Results: Sendable, Equatable {
        public let evaluations: Evaluations
        /// The labels that stand for the classes; nil for class indices, and without classes.
        public let classNames: [String]?
        /// What is odd about the numbers, for a person.
        public let notes: [String]
        /// The paths of the weights, of the metrics, and of the folder of checkpoints.
        public let weights: String
        public let metrics: String
        public let checkpoints: String
        /// Checkpoints that were written, and seconds that training waited for copies and for the disk.
        public let checkpointCount: Int
        public let secondsOfCopying: Double
        public let secondsOfWaiting: Double
        /// What best weights and early stopping watch, by its name in metrics.jsonl; nil for nothing.
        public var watchedMetric: String?
        /// Whether the run has ended by itself, with no steps left.
        public var isFinished = true
    }
}
