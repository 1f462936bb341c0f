import Layers

/// The section `evaluation`: what is reported of the test and the validation set.
package struct EvaluationSection: Sendable, Equatable {
    /// Metrics beside the loss; nil, unless given, for accuracy of classes, r2 and mae of numeric targets.
    package let metrics: [Metric]?
    /// Whether the training set is evaluated after each epoch, too; false unless given.
    package let train: Bool

    /// All keys of the section.
    static let keys = ["metrics", "train"]

    /// Reads the section, or the default where there is none.
    init(_ setting: Setting?, at location: SourceLocation) throws(ConfigurationError) {
        let none = ConfigurationNode(content: .mapping([]), location: location)
        let map = try SettingMap(setting ?? Setting(none, path: "evaluation"), keys: Self.keys)
        train = try map["train"]?.flag() ?? false
        guard let list = map.optional("metrics") else {
            metrics = nil
            return
        }
        var metrics: [Metric] = []
        for element in try list.list("a list of metrics (\(Metric.names.joined(separator: ", ")))") {
            let metric = try Self.metric(element)
            guard !metrics.contains(metric) else {
                throw element.error(.conflict, "\(metric.name) stands twice", advice: "remove one of the two")
            }
            metrics.append(metric)
        }
        self.metrics = metrics
    }

    /// The section as one YAML value; nil for the default.
    var yaml: String? {
        var pairs: [(key: String, value: String)] = []
        if let metrics { pairs.append(("metrics", "[\(metrics.map(\.name).joined(separator: ", "))]")) }
        if train { pairs.append(("train", "true")) }
        return pairs.isEmpty ? nil : YAMLWriter.flow(pairs)
    }

    /// `top_K_accuracy` stands for any K; the names that errors list have one of them.
    private static func metric(_ setting: Setting) throws(ConfigurationError) -> Metric {
        if let text = setting.plainText, let metric = Metric(name: text) { return metric }
        let name = try setting.name(of: "metric", among: Metric.names)
        guard let metric = Metric(name: name) else {
            preconditionFailure("\(name) is a name of a metric and names none")
        }
        return metric
    }
}
