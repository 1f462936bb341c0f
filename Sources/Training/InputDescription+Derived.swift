import DataParallel
import Datasets
import Foundation
import Layers
import Safetensors

/// The description of inputs for weights that dtrain did not train, or of which only the weights were kept.
extension InputDescription {
    /// What is known of the training set of such weights, from the configuration and its files.
    struct Origin: Codable {
        /// The kind of labels; nil if unknown.
        var labels: LabelKind?
        /// The labels of the classes.
        var classNames: [String]?
        /// The number of classes, declared or found in a table's labels.
        var classes: Int?
        /// The names of the features.
        var featureNames: [String]?
        /// The columns of words of a table.
        var wordColumns: [WordColumn]?
        /// The tokens of text.
        var vocabulary: TextVocabulary?

        /// Reads what `training` and its existing files tell, but no arrays.
        init(_ training: DatasetSource) {
            classes = training.classCount
            let isTable = training.format == .csv && !training.csv.label.isEmpty
            if isTable {
                labels =
                    training.csv.task != .regression
                    ? .classes : .targets(width: training.csv.label.count)
            }
            guard let layout = try? training.inspect() else { return }
            labels = layout.labels
            classNames = layout.classNames
            classes = layout.classCount
            featureNames = layout.featureNames
            wordColumns = layout.wordColumns
            vocabulary = layout.vocabulary
        }
    }

    /// The description of a training set whose features were taken as they are.
    ///
    /// - Parameters:
    ///   - layout: The data that is read in place of the training set.
    ///   - outputs: The number of the model's outputs for an example.
    init(unscaled layout: DatasetLayout, _ origin: Origin, outputs: Int, loss: Loss) {
        scaling = FeatureScaling(unchanged: layout.channels)
        exampleShape = layout.exampleShape
        let labels = layout.labels == .none ? origin.labels : layout.labels
        // Weights under a loss that takes no numbers were trained on classes.
        let takesValues =
            (try? loss.function.check(output: [outputs], target: .values([outputs]))) != nil
        let hasClasses = labels.map { $0 == .classes } ?? !takesValues
        let classes = origin.classes ?? (loss.function.readsSign && outputs == 1 ? 2 : outputs)
        self.classes = hasClasses ? classes : nil
        // Words as labels are the training set's if there are as many as the model has classes.
        let own = layout.classNames.flatMap { $0.count == classes ? $0 : nil }
        classNames = hasClasses ? origin.classNames ?? own : nil
        featureNames = origin.featureNames
        wideFeatures = layout.wideFeatures
        wordColumns = layout.wordColumns
        labelPositions = layout.classShape.isEmpty ? nil : layout.classShape
        vocabulary = layout.vocabulary
    }

    /// The number of outputs of the model in a file for an example. If the model takes it from the data, it is the
    /// first extent of the file's last tensor.
    static func outputs(
        of file: SafetensorsFile, exampleShape: [Int], loss: Loss, makeModel: (Int?) throws -> any Model
    ) throws -> Int {
        func traced(_ classes: Int) throws -> TracedModel {
            try TracedModel(makeModel(classes), exampleShape: exampleShape, target: .none, loss: loss)
        }
        let (one, two) = try (traced(1), traced(2))
        if one.outputShape != two.outputShape, let name = one.variables.last?.name,
            let last = file.tensors.first(where: { $0.name == name || $0.name.hasSuffix(".\(name)") }),
            let extent = last.shape.first
        {
            return extent
        }
        return one.outputShape.reduce(1, *)
    }
}
