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
        metric = try map["metric"]?.watchedMetricName()
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
    func watchedMetricName() throws(ConfigurationError) -> String {
        try metricName(of: ["validation"], or: ["train_loss"])
    }

    /// The name of a number that is measured over one of `sets`, such as test_accuracy, or one of `others`.
    func metricName(of sets: [String], or others: [String]) throws(ConfigurationError) -> String {
        // The list has one top-K accuracy, any K is allowed.
        if let word = plainText, let set = sets.first(where: { word.hasPrefix($0 + "_") }),
            let metric = Metric(name: String(word.dropFirst(set.count + 1))), metric.isNumber
        {
            return word
        }
        let measured = sets.flatMap { set in Metric.numberNames.map { "\(set)_\($0)" } }
        return try name(of: "metric", among: others + measured)
    }
}
