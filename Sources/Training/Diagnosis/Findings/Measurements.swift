/// What was measured of a run, or of weights, to tell which part is to blame; nil or empty where it was not measured.
struct Measurements: Sendable, Equatable {
    /// The parts of the configuration that findings depend on.
    struct Setup: Sendable, Equatable {
        /// How features are scaled.
        var normalization = "none"
        /// Whether the model normalizes its inputs itself.
        var normalizesInputs = false
        /// Whether batch norm makes the loss depend on its mode, so that curvature tells little of training steps.
        var usesBatchStatistics = false
        /// Whether weights decay at all.
        var hasWeightDecay = false
        /// The number of classes; nil where targets are numbers.
        var classes: Int?
        /// Whether the loss is cross-entropy, whose value label noise decides.
        var isCrossEntropy = false
        /// The number of trainable elements.
        var parameters = 0
        /// The number of training examples, of which losses may be of a sample.
        var trainingExamples = 0
        /// The learning rate: the highest of the run's schedule.
        var rate = 0.0
    }

    /// Mean losses at the weights, as in evaluation.
    struct Losses: Sendable, Equatable {
        /// Of training examples.
        var training: Double
        /// The number of training examples.
        var examples: Int
        /// Of the test set or, without one, of the validation set.
        var test: Double?
        /// The number of examples that `test` is of.
        var testExamples = 0
        /// The set that `test` is of.
        var testName = "test"
        /// Of the validation set.
        var validation: Double?
        /// Accuracies, of classes.
        var trainingAccuracy: Double?
        var testAccuracy: Double?
    }

    /// A model that was trained briefly for comparison with the run's.
    struct Reference: Sendable, Equatable {
        /// A description, such as "a linear model".
        var description: String
        /// Whether it is the run's own model, from its first weights.
        var isOwn = false
        /// The number of trainable elements.
        var parameters: Int
        /// The mean loss of training examples that it was not trained on.
        var loss: Double
    }

    /// How references were trained.
    struct Budget: Sendable, Equatable {
        var steps = 0
        var examples = 0
        /// The number of examples that their losses are of.
        var measuredOn = 0
    }

    /// Some steps at a rate, and the mean loss that they came to.
    struct RateTrial: Sendable, Equatable {
        var rate: Double
        var steps: Int
        /// Nil where a loss or a gradient was not finite.
        var loss: Double?
    }

    /// Trials of higher rates from the run's weights.
    struct HigherRates: Sendable, Equatable {
        /// The loss that all start from.
        var start: Double
        /// At the run's own rate.
        var own: RateTrial
        /// At ten times, a hundred times ... the rate.
        var higher: [RateTrial]
    }

    /// A weight tensor's gradient.
    struct LayerGradient: Sendable, Equatable, Codable {
        /// The parameter's name.
        var name: String
        /// Its gradient's norm ÷ its own.
        var relative: Double
    }

    /// How a signal grows on its way forward.
    struct Growth: Sendable, Equatable, Codable {
        /// The weights that make the first and the last signal.
        var first: String
        var last: String
        /// Layers with weights on the way.
        var layers: Int
        /// The root mean square of the last signal ÷ that of the first.
        var ratio: Double
    }

    /// The ReLUs of a layer.
    struct Rectifiers: Sendable, Equatable, Codable {
        /// The weight before them, by its name; nil where there is none.
        var parameter: String?
        /// Units, or channels.
        var units: Int
        /// Those that give 0 for every example at every place.
        var dead: Int
    }

    /// The scales of features as the model sees them.
    struct Scales: Sendable, Equatable {
        /// A feature's name and its largest value less its smallest.
        struct Feature: Sendable, Equatable {
            var name: String
            var range: Double
        }
        /// The feature of the widest range.
        var largest: Feature
        /// The narrow feature that it is compared with.
        var small: Feature
        /// The number of features that vary.
        var count: Int
    }

    /// A classifier that tells training inputs from test inputs.
    struct TwoSamples: Sendable, Equatable {
        /// The share of inputs, new to the classifier, whose set it tells.
        var accuracy: Double
        /// The number of these inputs, half of each set.
        var examples: Int
    }

    /// Labels compared with a model's predictions for examples that it was not trained on.
    struct LabelAgreement: Sendable, Equatable, Codable {
        /// Examples.
        var examples: Int
        /// The share of labels that the model contradicts: of all examples, of the half that it is surest of, of the quarter.
        var all: Double
        var surestHalf: Double
        var surestQuarter: Double
        /// The share of the most frequent label.
        var mostFrequent: Double
        /// The least cross-entropy possible if the share `surestHalf` of labels is wrong at random.
        var explainedLoss: Double
    }

    var setup = Setup()
    /// The mean loss of the best constant answer to training examples: that of a model that ignores its inputs.
    var constant = Double.infinity
    /// How the run went; nil of weights alone.
    var course: RunCourse?
    /// Nil where there are no weights.
    var losses: Losses?
    var budget = Budget()
    var references: [Reference] = []
    /// Trials from the run's first weights, at a tenth of the rate, a hundredth ...
    var lowerRates: [RateTrial] = []
    var higherRates: HigherRates?
    /// Gradients at the weights, from the input on.
    var layers: [LayerGradient] = []
    /// The same at the run's first weights.
    var firstLayers: [LayerGradient] = []
    /// At the run's first weights.
    var growth: Growth?
    /// At the weights, and at the run's first ones.
    var rectifiers: [Rectifiers] = []
    var firstRectifiers: [Rectifiers] = []
    var scales: Scales?
    var samples: TwoSamples?
    var agreement: LabelAgreement?
    /// The rate ÷ the largest stable one at the weights.
    var edge: Double?

    /// The lower of the measured training loss and that of the last epoch, so that neither lagging running statistics nor
    /// dropout and augmentation make it look high; single steps, which are noise, count only before the first epoch ends.
    /// Nil if the run diverged or has no weights.
    var trainingLoss: Double? {
        if let course, course.isDiverged { return nil }
        let known = [losses?.training, course?.epochLoss ?? course?.lastLoss].compactMap { $0 }
        return losses == nil ? nil : known.min()
    }

    /// The part of the loss of a constant answer from which on a training loss is high: below it a model has learned most of
    /// what there is to learn, and what is left is no failure.
    static let highShare = 0.25

    /// Whether the training loss is high, or the run has diverged.
    var isTrainingLossHigh: Bool {
        guard losses != nil else { return course?.isDiverged ?? false }
        return trainingLoss.map { $0 >= Self.highShare * constant } ?? true
    }
}
