import Datasets
import Layers
import Optimizers
import Options

/// Everything that a configuration can name; a program adds its own choices to these lists.
///
/// Example:
///
///     var vocabulary = Vocabulary.standard
///     vocabulary.optimizers.add(NamedChoice(MyRule.self))
///     vocabulary.layers.add(NamedChoice("swish", "x · sigmoid(x).") { _ in Swish() })
public struct Vocabulary: Sendable {
    /// Update rules; each has the option `lr`.
    public var optimizers = ChoiceList<any UpdateRule>.updateRules
    /// Shapes of schedules.
    public var schedules = ChoiceList<any ScheduleShape>.scheduleShapes
    /// Losses that training can minimize.
    public var losses = ChoiceList<Loss>.losses
    /// Initializers of first values.
    public var initializers = ChoiceList<Initializer>.initializers
    /// Layers.
    public var layers = ChoiceList<LayerMaker>.layers
    /// Ready-made models.
    public var models = ChoiceList<ModelMaker>.models
    /// Scalings of features.
    public var normalizations = ChoiceList<Normalization>.normalizations
    /// Augmentations of images.
    public var augmentations = ChoiceList<Augmentation>.augmentations
    /// File formats of data sets.
    public var formats = ChoiceList<DatasetSource>.formats
    /// Metrics besides dtrain's own.
    public var metrics: [CustomMetric] = []

    /// The built-in choices.
    public static let standard = Vocabulary()

    /// The built-in choices.
    public init() {}
}
