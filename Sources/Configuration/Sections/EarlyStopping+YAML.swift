import Layers
import Optimizers

/// The options of `early_stopping`: the rule, and the metric where it is named there.
struct EarlyStoppingOptions {
    let rule: EarlyStopping
    let metric: String?

    /// Reads {metric, patience, min_change, restore_best}.
    init(_ setting: Setting) throws(ConfigurationError) {
        let map = try SettingMap(
            setting, keys: ["metric", "patience", "min_change", "min_delta", "restore_best"],
            "options such as {metric: validation_accuracy, patience: 5}", noun: "option")
        metric = try map["metric"]?.metricName()
        rule = EarlyStopping(
            patience: try map["patience"]?.whole(in: 1...1_000_000) ?? 5,
            minimumChange: try map.either("min_change", "min_delta")?
                .number("a finite number, at least 0") { $0 >= 0 && $0.isFinite } ?? 0,
            restoresBest: try map["restore_best"]?.flag() ?? true)
    }
}

extension EarlyStopping {
    /// The rule as one YAML value, with all its options.
    var yaml: String {
        YAMLWriter.flow([
            ("patience", "\(patience)"), ("min_change", YAMLWriter.number(minimumChange)),
            ("restore_best", "\(restoresBest)"),
        ])
    }
}

extension Setting {
    /// The name of a metric that decisions may watch: the training loss, or a number of the validation set.
    func metricName() throws(ConfigurationError) -> String {
        let prefix = "validation_"
        if let word = plainText, word.hasPrefix(prefix),
            let metric = Metric(name: String(word.dropFirst(prefix.count))), metric != .confusionMatrix
        {
            return word
        }
        let names = Metric.names.filter { $0 != Metric.confusionMatrix.name }.map { prefix + $0 }
        let loss = prefix + Metric.loss.name
        return try name(
            of: "metric", among: ["train_loss"] + (names.contains(loss) ? [] : [loss]) + names)
    }
}
