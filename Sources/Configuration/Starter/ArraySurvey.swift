import Datasets
import Messages

/// What arrays of features and labels hold.
struct ArraySurvey {
    /// The number of examples.
    let count: Int
    /// The shape of one example.
    let exampleShape: [Int]
    /// The number of classes; nil if labels are numbers to predict.
    let classCount: Int?
    /// The numbers to predict for an example, or the classes.
    let outputs: Int
    /// √(mean of t²) of the labels as numbers.
    let magnitude: Double
    /// Why labels are taken as classes, or as numbers.
    let reason: String

    /// Loads both files; throws if they are broken or do not go together.
    init(features: String, labels: String) throws {
        let source = DatasetSource(format: .npy, features: features, labels: labels, task: .regression)
        let set = try Dataset(source)
        count = set.count
        exampleShape = set.exampleShape
        guard let targets = set.examples.targets, case .targets(let width) = set.layout.labels else {
            preconditionFailure("\(labels) has \(set.layout.labels) as numbers to predict")
        }
        guard set.layout.labelShape.count == 1 else {
            let shape =
                "(" + ([set.count] + set.layout.labelShape).map(String.init).joined(separator: ", ") + ")"
            throw DataError(
                .unsupported, path: labels, expected: "labels of shape (examples) or (examples, outputs)",
                found: shape,
                advice:
                    "give the file of labels if these are features; a configuration for such targets is yours to write"
            )
        }
        let squares = targets.reduce(0) { $0 + Double($1) * Double($1) }
        magnitude = (squares / Double(max(1, targets.count))).squareRoot()
        let isImage = ArrayModel(set.exampleShape).isConvolutional
        let most = isImage ? Self.mostImageClasses : Self.mostClasses
        let classes = width == 1 ? Self.classes(targets) : nil
        let distinct = classes.map { Set($0).count } ?? 0
        if let classes, let last = classes.max(), last < most, distinct > 1, distinct <= max(2, set.count / 5)
        {
            classCount = last + 1
            outputs = last + 1
            reason = "whole numbers from 0 to \(last), \(distinct) different ones"
        } else {
            classCount = nil
            outputs = width
            reason = width == 1 ? "numbers, not a few whole ones" : "\(width) numbers for each example"
        }
    }

    /// The labels as class indices; nil if one is none.
    private static func classes(_ targets: UnsafeBufferPointer<Float>) -> [Int]? {
        var classes: [Int] = []
        for target in targets {
            guard let whole = Int(exactly: target), whole >= 0 else { return nil }
            classes.append(whole)
        }
        return classes
    }

    /// The most classes of examples that are no images, and of images.
    private static let (mostClasses, mostImageClasses) = (20, 1000)
}
