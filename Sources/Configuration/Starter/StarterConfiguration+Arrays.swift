import Datasets
import Messages

/// Arrays.
extension StarterConfiguration {
    /// A configuration for NumPy arrays.
    ///
    /// - Parameters:
    ///   - features: The file of features (N, ...).
    ///   - labels: The file of labels, (N) or (N, K).
    ///   - test: The files of a test set.
    ///   - name: The name of the folder of results below runs/.
    package init(
        features: File, labels: File, test: (features: File, labels: File)?, name: String
    ) throws {
        let arrays = try ArraySurvey(features: features.path, labels: labels.path)
        let shape = arrays.exampleShape
        let plan = ArrayModel(shape)
        var sizes = StarterSizes(
            examples: Self.trained(of: arrays.count, hasTest: test != nil), features: shape.reduce(1, *),
            outputs: arrays.outputs)
        sizes.isConvolutional = plan.isConvolutional
        let isClassification = arrays.classCount != nil
        let task = isClassification ? LabelTask.classification : .regression
        func set(_ key: String, _ features: File, _ labels: File) -> String {
            "  \(key): {format: npy, features: \(features.written), labels: \(labels.written), task: \(task.rawValue)}"
        }
        let text = "(\(shape.map(String.init).joined(separator: ", ")))"
        let hint =
            isClassification
            ? "; for numbers say task: regression, loss: mse and a last layer of 1" : ""
        let parts = shape.count == 1 ? "feature" : "channel"
        var lines = [
            Self.title("\(features.name), \(counted(arrays.count, "example")) of shape \(text)"),
            "data:", "  # labels: \(arrays.reason)\(hint)", set("train", features, labels),
            test.map { set("test", $0.features, $0.labels) } ?? Self.validation,
            "  normalize: standardize  # each \(parts) gets mean 0 and deviation 1 by the training set",
        ]
        if let remark = plan.remark { lines.append("# \(remark)") }
        lines += Self.training(
            sizes, layers: plan.layers(sizes, isClassification: isClassification),
            loss: isClassification ? "cross_entropy" : "mse",
            rate: isClassification ? sizes.rate : sizes.rate(targets: arrays.magnitude),
            rateRemark: isClassification
                ? "a good first rate for Adam"
                : "goes with the size of the labels, some \(Self.text(arrays.magnitude))", name: name)
        yaml = Self.text(of: lines)
        findings = [
            ("features", "\(features.path), \(counted(arrays.count, "example")) of shape \(text)"),
            ("labels", "\(labels.path), \(arrays.reason): \(task.rawValue)"),
            ("model", plan.isConvolutional ? "a convolutional network" : "dense layers"),
        ]
    }
}
