import Layers

extension Setting {
    /// The name of a number that is measured on one of `sets`, such as test_accuracy, or one of `others`.
    func metricName(of sets: [String], or others: [String]) throws(ConfigurationError) -> String {
        // The list of metrics has one top-K accuracy, but any K is allowed.
        if let word = plainText, let set = sets.first(where: { word.hasPrefix($0 + "_") }),
            let metric = Metric(name: String(word.dropFirst(set.count + 1))), metric.isNumber
        {
            return word
        }
        let measured = sets.flatMap { set in Metric.numberNames.map { "\(set)_\($0)" } }
        return try name(of: "metric", among: others + measured)
    }
}
