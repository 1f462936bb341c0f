import Datasets
import Layers
import Optimizers
import Options

/// Everything that a configuration picks by name; a program of one's own adds to these lists what it has written.
///
/// Example:
///
///     var vocabulary = Vocabulary.standard
///     vocabulary.optimizers.add(NamedChoice(MyRule.self))
///     vocabulary.layers.add(NamedChoice("swish", "x · sigmoid(x).") { _ in Swish() })
public struct Vocabulary: Sendable {
    /// Update rules; each that takes a learning rate declares the option `lr`.
    public var optimizers = ChoiceList<any UpdateRule>.updateRules
    /// Shapes of schedules.
    public var schedules = ChoiceList<any ScheduleShape>.scheduleShapes
    /// What training minimizes.
    public var losses = ChoiceList<Loss>.losses
    /// How first values are drawn.
    public var initializers = ChoiceList<Initializer>.initializers
    /// Layers.
    public var layers = ChoiceList<LayerMaker>.layers
    /// Ready-made models.
    public var models = ChoiceList<ModelMaker>.models
    /// How features are scaled.
    public var normalizations = ChoiceList<Normalization>.normalizations
    /// Random changes of images.
    public var augmentations = ChoiceList<Augmentation>.augmentations
    /// File formats of data sets.
    public var formats = ChoiceList<DatasetSource>.formats
    /// What evaluation may report beside dtrain's own metrics.
    public var metrics: [CustomMetric] = []

    /// What dtrain knows by itself.
    public static let standard = Vocabulary()

    /// What dtrain knows by itself.
    public init() {}
}
