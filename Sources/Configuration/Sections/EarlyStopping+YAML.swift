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
    /// The name of a metric that decisions may watch.
    func metricName() throws(ConfigurationError) -> String {
        let prefix = "validation_"
        if let text = plainText, text.hasPrefix(prefix),
            let metric = Metric(name: String(text.dropFirst(prefix.count))), metric.isNumber
        {
            return text
        }
        let numbers = Metric.names.filter { Metric(name: $0)?.isNumber == true }
        return try name(of: "metric", among: ["train_loss"] + numbers.map { prefix + $0 })
    }
}
