/// What a run reports while it goes on, to be taken by a `RunSink`.
///
/// `fields` are the numbers of an event by their names in metrics.jsonl; `init(line:)` reads a line of that file, and
/// sets to nil what such a line does not hold.
public enum RunEvent: Sendable, Equatable {
    /// Training begins or continues.
    case start(Start)
    /// The mini-batch that the run has chosen, before its first step.
    case batch(BatchChoice)
    /// A step whose metrics are logged.
    case step(Step)
    /// How far the run is, between logged steps; only if a sink wants it.
    case progress(Progress)
    /// A parameter's gradient has begun to vanish or explode.
    case gradients(Gradients)
    /// The end of an epoch.
    case epoch(Epoch)
    /// An evaluation in the middle of an epoch, whose training loss is the mean of the epoch's steps so far.
    case evaluation(Epoch)
    /// The histograms of weights and gradients at the end of an epoch; only if a sink wants them.
    case histograms(Histograms)
    /// The training loss has stopped falling.
    case plateau(Plateau)
    /// The run has diverged, and ends.
    case diverged(Diverged)
    /// The end of the run, or of this part of it, before its results are on disk.
    case end(End)
    /// The results are on disk.
    case results(Results)
    /// A note about something unusual, for a person.
    case note(String)
    /// A line of text for a person.
    case message(String)

    /// The settings and the state with which training begins.
    public struct Start: Sendable, Equatable {
        /// The output folder.
        public let output: String
        /// The examples of an epoch, and the number of trained parameters.
        public let examples: Int
        public let parameters: Int
        /// The number of passes over the examples.
        public let epochs: Int
        /// The number of steps already done.
        public let step: Int
        public let ranks: Int
        /// Worker threads of each rank.
        public let workers: Int
        public let shards: Int
        /// The vector instructions that all ranks use.
        public let instructionSet: String
    }

    /// The numbers of a logged step.
    public struct Step: Sendable, Equatable {
        /// The number of steps so far, and the current epoch, both counted from 1.
        public let step: Int
        public let epoch: Int
        /// The mean loss of the step's examples.
        public let loss: Double
        /// nil of an optimizer that has none.
        public let learningRate: Double?
        /// √Σ g² before clipping, and the norm after clipping ÷ the norm before.
        public var gradientNorm: Double?
        public var clipRatio: Double?
        /// The gradient noise scale in examples, if measured; infinite if no gradient stands out from the noise.
        public var noiseScale: Double?
        /// ‖G‖², the squared norm of the gradient over the whole distribution, estimated without bias and smoothed like
        /// the noise scale, if that is measured. Unlike the mini-batch's own norm it comes near 0 at a minimum; below 0
        /// where noise hides it.
        public var squaredGradientNorm: Double?
        public var curvature: Curvature?
        public var newton: Newton?
        public var effectiveRates: EffectiveRates?
        /// The number of steps so far that changed nothing.
        public var skippedSteps = 0
        /// The norm of each parameter's gradient, if asked for.
        public var gradientNorms: [NamedNumber] = []
        /// How far the step has moved the distribution of what each layer reads, in standard deviations, by the layer's
        /// weight, if asked for.
        public var covariateShift: [NamedNumber] = []
        public let pace: Pace

        /// The mean of `covariateShift` over the layers; nil without.
        public var meanCovariateShift: Double? {
            guard !covariateShift.isEmpty else { return nil }
            return covariateShift.reduce(0) { $0 + $1.value } / Double(covariateShift.count)
        }
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

    /// What a step of an adaptive rule has multiplied each weight's gradient by, or the running mean of it, over all
    /// weights.
    public struct EffectiveRates: Sendable, Equatable {
        public let minimum: Double
        public let mean: Double
        public let maximum: Double
    }

    /// The speed of a run: training examples per second, counting time in steps alone, and seconds since the start.
    public struct Pace: Sendable, Equatable {
        public let samplesPerSecond: Double
        public let seconds: Double
    }

    /// The curvature of the loss at a step.
    ///
    /// By the quadratic model the plain step −ηg overshoots the best one along −g if gᵀHg is above gᵀg/η, and raises
    /// the loss if it is above 2gᵀg/η (Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 8.2.1).
    public struct Curvature: Sendable, Equatable {
        /// The largest eigenvalue of the mini-batch's Hessian H.
        public let lambdaMax: Double
        /// gᵀHg.
        public let gradientCurvature: Double
        /// gᵀg/η.
        public let gradientOverRate: Double
        /// The ratios of the tests in `BatchSizeTest`; nil if only one shard has examples.
        public var normTest: Double?
        public var innerProductTest: Double?
        public var gradientSNR: Double?
    }

    /// How far a run is.
    public struct Progress: Sendable, Equatable {
        /// The current epoch, from 1, and the share of it that is done.
        public let epoch: Int
        public let fraction: Double
        /// The number of steps so far, and of the whole run.
        public let step: Int
        public let steps: Int
        /// The mean loss and the learning rate of the last step.
        public let loss: Double
        public let learningRate: Double?
        public let samplesPerSecond: Double
        /// Estimated seconds until the end of the run.
        public let remaining: Double
    }

    /// A vanishing or exploding gradient.
    public struct Gradients: Sendable, Equatable {
        public let step: Int
        /// The name of the parameter.
        public let parameter: String
        public let finding: GradientTrouble
        public let rootMeanSquare: Double
    }

    /// The numbers of an epoch, or of an evaluation within one.
    public struct Epoch: Sendable, Equatable {
        /// The epoch, from 1, and the number of steps so far.
        public let epoch: Int
        public let step: Int
        /// The mean loss of the epoch's steps up to here, and the evaluations of the weights. The mean is of weights that
        /// moved meanwhile, with dropout and augmentation: the loss of one set of weights over the training set is what
        /// `evaluation.train` measures.
        public let trainingLoss: Double
        public let evaluations: Evaluations
        /// The learning rate of the last step; nil of an optimizer that has none.
        public let learningRate: Double?
        /// Examples of a mini-batch, where it grows.
        public var batch: Int?
        /// The number of steps so far that changed nothing.
        public var skippedSteps = 0
        public let pace: Pace
        /// Estimated seconds until the end of the run.
        public var remaining: Double?
    }

    /// The diagnosis where the training loss stopped falling.
    public struct Plateau: Sendable, Equatable {
        /// The numbers of steps and epochs so far.
        public let step: Int
        public let epoch: Int
        public let verdict: Diagnosis.Verdict
        /// The loss over all training examples; nil if its curvature is not finite.
        public let loss: Double?
        /// How the weights left a saddle; nil if they stay.
        public var escape: Escape?
    }

    /// The loss over all training examples that the weights moved to, and the curvature along which they left a saddle.
    public struct Escape: Sendable, Equatable {
        public let loss: Double
        public let curvature: Double
    }

    /// Where a run has diverged.
    public struct Diverged: Sendable, Equatable {
        /// The number of steps so far, and the current epoch, both counted from 1.
        public let step: Int
        public let epoch: Int
        /// What was seen, such as "the loss is not finite".
        public let reason: String
        public let pace: Pace
    }

    /// The numbers at the end of a run.
    public struct End: Sendable, Equatable {
        /// The numbers of steps and epochs so far.
        public let steps: Int
        public let epoch: Int
        /// The best epoch, from 1, and its watched metric; nil if nothing was watched. The step too, where evaluations
        /// within epochs are watched.
        public var bestEpoch: Int?
        public var bestStep: Int?
        public var bestValue: Double?
        /// The epoch, from 1, whose weights early stopping has restored; nil if the last ones are kept.
        public var restoredEpoch: Int?
        public var restoredStep: Int?
        /// The number of steps so far that changed nothing.
        public var skippedSteps = 0
        /// What has ended this part of a run that has steps left; nil at the end of all, and after `stepLimit`.
        public var stopped: Limit?
        /// The evaluations of the weights that the run ends with.
        public let evaluations: Evaluations
        public let pace: Pace
    }

    /// A limit of a run's settings that ends it before its last step.
    public enum Limit: String, Sendable {
        /// `TrainingSettings.maximumMinutes`.
        case maxMinutes = "max_minutes"
    }

    /// The files that a run leaves, and its final numbers.
    public struct Results: Sendable, Equatable {
        public let evaluations: Evaluations
        /// The labels of the classes; nil for class indices, and for regression.
        public let classNames: [String]?
        /// Notes on unusual numbers, for a person.
        public let notes: [String]
        /// The paths of the weights, the metrics and the folder of checkpoints.
        public let weights: String
        public let metrics: String
        public let checkpoints: String
        /// The number of checkpoints written, and the seconds that training waited for copies and for the disk.
        public let checkpointCount: Int
        public let secondsOfCopying: Double
        public let secondsOfWaiting: Double
        /// The metric that best weights and early stopping watch, by its name in metrics.jsonl; nil for none.
        public var watchedMetric: String?
        /// Whether the run has ended by itself, with no steps left.
        public var isFinished = true
    }
}
