import DataParallel
import Graph
import Spectrum

/// What is known of the loss around a point: whether the point is critical, of which kind, and how sure that is.
public struct Diagnosis: Sendable {
    /// What kind of point it is.
    public enum Verdict: String, Sendable, CaseIterable {
        /// The gradient is not 0: an optimizer can go on along it.
        case notCritical = "not_critical"
        /// A critical point with a direction in which the loss falls, and one in which it rises.
        case saddle
        /// A critical point without curvature below −ε, as far as was found.
        case localMinimum = "local_minimum"
        /// A critical point without curvature above ε, as far as was found, and with some below.
        case localMaximum = "local_maximum"
        /// A critical point whose curvature is nowhere larger than the error of its measurement.
        case flat
        /// A critical point of which the measurements do not tell the kind.
        case undecided
    }

    /// An eigenvalue of the Hessian.
    public struct Eigenvalue: Sendable, Equatable {
        /// uᵀHu of its unit vector u.
        public let value: Double
        /// ‖Hu − λu‖: an eigenvalue of H lies within so much of it.
        public let residual: Double
    }

    /// A share of all eigenvalues.
    public struct Share: Sendable, Equatable {
        /// The share from 0 to 1, exact or estimated.
        public let value: Double
        /// Its bounds: what the products leave open, widened by twice the deviation of a random start.
        public let range: ClosedRange<Double>
        var isExact: Bool { range.lowerBound == range.upperBound }
        /// The width of a range beyond which the share means nothing.
        package static let widestKnown = 0.9
    }

    /// A node of the spectrum's density.
    public struct DensityNode: Sendable, Equatable {
        /// The eigenvalue.
        public let value: Double
        /// The share of eigenvalues that the node stands for.
        public let weight: Double
    }

    /// The result of a search for a lower loss along ±u, the direction of the most negative curvature.
    public struct Descent: Sendable, Equatable {
        /// The loss at the best point along the line.
        public let loss: Double
        /// Its distance along u, below 0 towards −u; 0 where the loss falls nowhere.
        public let distance: Double
        /// Why the loss does not fall; nil where it does.
        public let why: String?
    }

    /// What kind of point it is.
    public internal(set) var verdict: Verdict
    /// The reason for the verdict, in a sentence.
    public internal(set) var because: String
    /// The mean loss.
    public let loss: Double
    /// ‖∇L‖.
    public let gradientNorm: Double
    /// The norm of the gradient's change when every weight moves by one unit in its last place.
    public let gradientNoise: Double
    /// ‖θ‖.
    public let weightNorm: Double
    /// ‖∇L + wθ‖, where the optimizer has coupled weight decay w.
    public let decayedGradientNorm: Double?
    /// The parameters whose gradient is exactly 0.
    public let zeroGradients: [String]
    /// w, the coupled weight decay; 0 for none.
    public let decay: Double
    /// The largest eigenvalues, descending.
    public let largest: [Eigenvalue]
    /// The smallest eigenvalues, ascending.
    public let smallest: [Eigenvalue]
    /// The share of eigenvalues above ε.
    public let minimumRatio: Share
    /// The share of eigenvalues from −ε to ε.
    public let zeroRatio: Share
    /// The share of eigenvalues below −ε.
    public let negativeRatio: Share
    /// The number of eigenvalues below −ε, where all are known.
    public let index: Int?
    /// The density of the spectrum: all eigenvalues where they are known, else a quadrature's nodes, ascending.
    public let density: [DensityNode]
    /// ε: eigenvalues up to this magnitude count as zero.
    public let epsilon: Double
    /// The error of curvature: its change when every weight moves by one unit in its last place, or the products'
    /// asymmetry if that is larger.
    public let productError: Double
    /// A bound on the probability that there is curvature below −ε which was not found; 0 where all eigenvalues are known.
    public let missProbability: Double
    /// The most negative curvature that is missed with a probability of 5 % at most.
    public let missedCurvature: Double
    /// ‖∇L‖ ÷ (max |λ| · ‖θ‖), or that of the decayed gradient where it decided; infinite where that divides by zero.
    public let criticalRatio: Double
    /// The ratio up to which a point is critical.
    public let tolerance: Double
    /// Whether the decayed gradient decided about the point.
    public let isDecidedByDecay: Bool
    /// The largest eigenvalue ÷ the smallest above ε; nil where there is none.
    public let condition: Double?
    /// gᵀHg.
    public let gradientCurvature: Double?
    /// The trace of the Hessian with its standard error, where it was asked for.
    public let trace: (value: Double, error: Double)?
    /// The optimizer's steps at this point; nil without an optimizer or a learning rate.
    public let stepping: StepDiagnosis?
    /// The search along the most negative curvature; nil if there was none.
    public internal(set) var descent: Descent?
    /// Whether batch norm used mini-batches' moments.
    public let usesBatchStatistics: Bool
    /// Whether dropout left elements out.
    public let dropsOut: Bool
    /// How the run stores activations; the diagnosis itself is of the loss in Float32.
    public internal(set) var runPrecision = Precision.float32
    /// The data set: "train", "validation" or "test".
    public let data: String
    /// The number of examples.
    public let examples: Int
    /// Whether they are a sample of the set.
    public var isSample: Bool { available.map { examples < $0 } ?? false }
    /// The examples that the set has in all; nil where nobody counted.
    var available: Int?
    /// What known symmetries explain; nil if they were not looked at.
    public internal(set) var symmetries: Symmetries?
    /// The loss at multiples of the weights; nil if it was not looked at.
    public internal(set) var ray: Ray?
    /// The error of mini-batches' gradients, where it was asked for.
    package var gradientError: GradientError?
    /// The number of trainable elements.
    public let parameters: Int
    /// The number of products with the Hessian.
    public internal(set) var products: Int
    /// Whether all eigenvalues were computed.
    public let isDense: Bool
    /// The course of the run, from its metrics; nil without them.
    public internal(set) var history: RunHistory?
    /// The parts of the run that are to blame; nil if they were not looked for.
    public internal(set) var causes: FoundCauses?

    /// The largest eigenvalue.
    public var lambdaMax: Eigenvalue { largest[0] }
    /// The smallest eigenvalue.
    public var lambdaMin: Eigenvalue { smallest[0] }
}

/// The effect of an optimizer's steps at a point, by the quadratic model of the loss.
public struct StepDiagnosis: Sendable, Equatable {
    /// The optimizer's name.
    public let optimizer: String
    /// η, the rate in use.
    public let rate: Double
    /// The momentum μ; 0 without momentum.
    public let momentum: Double
    /// The largest rate at which steps do not grow along the sharpest direction; nil unless the optimizer is SGD and
    /// there is positive curvature.
    public let stableRate: Double?
    /// gᵀg / η: above it gᵀHg means that the plain step overshoots the best one, above twice it that it raises the loss.
    public let gradientOverRate: Double
    /// gᵀHg.
    public let gradientCurvature: Double
    /// The schedule of the rate; nil for a constant rate.
    public var schedule: Schedule?

    /// A schedule of the learning rate.
    public struct Schedule: Sendable, Equatable {
        /// The schedule's name in the configuration.
        public let name: String
        /// The highest rate of the run.
        public let highest: Double
    }

    /// The schedule, if it has brought the rate below 5 % of the highest.
    var spent: Schedule? { schedule.flatMap { rate < 0.05 * $0.highest ? $0 : nil } }

    /// What the plain step −ηg does to the loss.
    public enum PlainStep: Sendable {
        case falls
        case overshoots
        case rises
    }

    /// What the plain step −ηg does to the loss.
    public var plainStep: PlainStep {
        if gradientCurvature > 2 * gradientOverRate { return .rises }
        return gradientCurvature > gradientOverRate ? .overshoots : .falls
    }

    /// η ÷ the largest stable rate; nil without one.
    public var edge: Double? { stableRate.map { rate / $0 } }
}
