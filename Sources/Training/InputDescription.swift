import Cluster
import DataParallel
import Datasets
import Foundation
import Glibc
import Messages
import Safetensors

/// The inputs that a trained model expects: saved beside its weights, so that predictions see features as training did.
package struct InputDescription: Codable, Sendable {
    /// The scaling of features.
    package var scaling: FeatureScaling
    /// The shape of one example.
    package let exampleShape: [Int]
    /// The number of classes of the training set; nil for regression.
    package let classes: Int?
    /// The labels of the classes; nil for class indices.
    package let classNames: [String]?
    /// The names of the features; nil if the files have none.
    package let featureNames: [String]?
    /// The features of a table that have numbers Float32 cannot tell apart; nil if there are none.
    package let wideFeatures: [Int]?
    /// The columns of words of a table, whose words are features; nil if there are none, and in the files of older runs.
    package let wordColumns: [WordColumn]?
    /// The shape of the positions of an example that have labels of their own; nil where an example has one label, and in the
    /// files of older runs.
    package let labelPositions: [Int]?
    /// The tokens of text; nil for other data.
    package let vocabulary: TextVocabulary?

    private static let whiteningTensor = "whitening"

    /// The description of a training set.
    init(_ layout: DatasetLayout, scaling: FeatureScaling) {
        self.scaling = scaling
        exampleShape = layout.exampleShape
        classes = layout.classCount
        classNames = layout.classNames
        featureNames = layout.featureNames
        wideFeatures = layout.wideFeatures
        wordColumns = layout.wordColumns
        labelPositions = layout.classShape.isEmpty ? nil : layout.classShape
        vocabulary = layout.vocabulary
    }

    /// The data set, read as the training set was.
    func followed(by source: DatasetSource) -> DatasetSource {
        source.following(
            classes: classes, names: classNames, features: featureNames, wideFeatures: wideFeatures,
            words: wordColumns, vocabulary: vocabulary)
    }

    /// The description beside weights, which rank 0 finds and reads; collective. Nil if there is none and features are
    /// used unscaled.
    static func beside(
        _ normalization: Normalization?, on cluster: Cluster, find: () throws -> SavedWeights
    ) throws -> InputDescription? {
        var whitening: [Float] = []
        let found = try Agreement.fromRoot(cluster.world) { () -> InputDescription? in
            let weights = try find()
            let file = weights.file(RunFolder.scalingName)
            if normalization == Normalization.none, access(file, F_OK) != 0 { return nil }
            let inputs = try read(file, normalization)
            if inputs.scaling.whitens {
                let file = try SafetensorsFile.read(path: weights.file(RunFolder.whiteningName))
                whitening = try file.tensor(named: whiteningTensor)
            }
            return inputs
        }
        guard var inputs = found, inputs.scaling.whitens else { return found }
        let count = try cluster.world.broadcast(whitening.count, root: 0)
        if cluster.rank != 0 { whitening = Array(repeating: 0, count: count) }
        try cluster.world.broadcast(&whitening, root: 0)
        inputs.scaling.whitening = whitening
        return inputs
    }

    /// Writes the files that `beside` reads.
    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        if let whitening = scaling.whitening {
            var writer = SafetensorsWriter()
            let features = scaling.center.count
            try writer.add(name: Self.whiteningTensor, shape: [features, features], floats: whitening)
            try writer.write(to: "\(folder)/\(RunFolder.whiteningName)")
        }
        try FileOutput.write(try encoder.encode(self), to: "\(folder)/\(RunFolder.scalingName)")
    }

    /// Throws unless other data has the features and labels that the model expects.
    ///
    /// - Parameters:
    ///   - source: The data, for messages.
    ///   - training: The name of the training set in messages.
    ///   - labels: The name of its labels in messages.
    func check(
        _ layout: DatasetLayout, of source: DatasetSource, trainedOn training: String, labels: String
    ) throws {
        let name = source.name
        guard layout.exampleShape == exampleShape else {
            throw TrainingError(
                .badFile, shapeProblem(layout, name: name, training: training), about: .file(name))
        }
        guard layout.labels != .classes || layout.classNames == classNames else {
            throw TrainingError(
                .badFile,
                "\(source.labelsName) has other labels than \(labels): give classes: N for both, or for neither",
                about: .file(source.labelsName))
        }
        try scaling.check(layout, path: name)
    }

    private static func read(_ file: String, _ normalization: Normalization?) throws -> InputDescription {
        guard let data = FileManager.default.contents(atPath: file) else {
            let why =
                normalization.map {
                    "the configuration says normalize: \($0.name), and its numbers stand there"
                }
                ?? "it says how features were scaled"
            throw TrainingError(
                .badFile,
                "\(file) is missing: \(why): copy it from the run's folder beside the weights, or set data.normalize to none if they were trained on features as they are"
            )
        }
        do { return try JSONDecoder().decode(InputDescription.self, from: data) } catch {
            throw TrainingError(.badFile, "\(file) is damaged: copy it again from the run's folder")
        }
    }

    /// What is wrong with the shape of other examples. Tables with names have already been matched by them.
    private func shapeProblem(_ layout: DatasetLayout, name: String, training: String) -> String {
        guard layout.exampleShape.count == 1, exampleShape.count == 1 else {
            return
                "\(name) has examples of shape \(layout.exampleShape), \(training) of \(exampleShape): give data of that shape"
        }
        // Columns are counted, not words.
        let words = (wordColumns ?? []).reduce(0) { $0 + $1.words.count - 1 }
        let (own, wanted) = (layout.columnCount, exampleShape[0] - words)
        let known = featureNames.map { names in
            " (\(names.prefix(20).map(Self.quoted).joined(separator: ", "))\(names.count > 20 ? ", ..." : ""))"
        }
        return
            "\(name) has \(counted(own, "feature")), \(training) \(wanted)\(known ?? ""): "
            + (own > wanted
                ? "leave out columns that are no features, of a CSV file with ignore"
                : "give the same columns in the same order")
    }

    /// A name from a file in quotation marks, on one line and shortened to a readable length.
    private static func quoted(_ name: String) -> String {
        "\"\(String(name.prefix(40).map { $0.isNewline ? "?" : $0 }))\""
    }
}
