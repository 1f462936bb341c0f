import Configuration
import Layers
import Training

/// A picture of a study, as its `pictures` section describes it:
///
///     pictures:
///       loss: {curves: [loss], against: step, scale: log}
///       width: {curves: [train_eval_loss, test_loss], across: parameters}
///       ratio: {scatter: [diagnosed_loss, minimum_ratio]}
///       surface: {landscape: plain, path: [plain, momentum], range: [-2, 2, -1, 1], points: 41}
///       between: {landscape: small, to: large}
package struct StudyPicture: Sendable, Equatable {
    /// What is drawn.
    package enum Content: Sendable, Equatable {
        /// A line for each run and metric, over its epochs, steps or evaluations.
        case curves([String], against: StudyConfiguration.Axis)
        /// A line for each metric of the runs' last numbers, over another of their numbers; runs that agree in that number
        /// are one point, the mean.
        case means([String], across: String)
        /// A point for each run: its last numbers of two metrics.
        case scatter(x: String, y: String)
        /// The loss around a run's weights, as `dtrain landscape` draws it.
        case landscape(StudyLandscape)
    }

    /// Its name: that of its file without ".svg", or of a landscape's folder.
    package let name: String
    package let content: Content
    /// The scale upwards; of a landscape that of the loss.
    package let scale: PictureScale
    /// Where it was written.
    private let location: SourceLocation

    /// Reads a picture.
    ///
    /// - Parameters:
    ///   - runs: The names of the study's runs.
    ///   - others: The metrics that are not measured on a data set.
    init(_ name: String, _ setting: Setting, runs: [String], others: [String]) throws(ConfigurationError) {
        self.name = name
        location = setting.place
        let kinds = ["curves", "scatter", "landscape"]
        let map = try SettingMap(
            setting, keys: kinds + ["against", "across", "scale"] + StudyLandscape.keys, "a picture")
        let given = kinds.filter { map[$0] != nil }
        guard given.count == 1 else {
            throw setting.error(
                given.isEmpty ? .missing : .conflict,
                "must have one of curves, scatter and landscape, has \(given.isEmpty ? "none" : given.joined(separator: " and "))"
            )
        }
        func refuse(_ keys: [String]) throws(ConfigurationError) {
            for key in keys {
                if let found = map[key] { throw found.error(.conflict, "does not go with \(given[0])") }
            }
        }
        scale = try map["scale"]?.choice("scale") ?? .automatic
        if let landscape = map["landscape"] {
            try refuse(["against", "across"])
            content = .landscape(try StudyLandscape(landscape, map, runs: runs))
            return
        }
        try refuse(StudyLandscape.keys)
        if let curves = map["curves"] {
            let metrics = try Self.metrics(curves, others)
            if let across = map["across"] {
                try refuse(["against"])
                content = .means(metrics, across: try Self.metric(across, others))
                return
            }
            let axis: StudyConfiguration.Axis = try map["against"]?.choice("axis") ?? .epoch
            guard axis != .run else {
                throw setting.error(
                    .conflict, "curves are against step, epoch or evaluation, or across a metric")
            }
            content = .curves(metrics, against: axis)
            return
        }
        try refuse(["against", "across"])
        let pair =
            try map["scatter"].map { setting throws(ConfigurationError) in
                try Self.metrics(setting, others)
            } ?? []
        guard pair.count == 2 else {
            throw setting.error(.outOfRange, "scatter must be two metrics, is \(pair.count)")
        }
        content = .scatter(x: pair[0], y: pair[1])
    }

    /// The error for a landscape along outputs that the model does not have.
    package func error(ofOutputs problem: String, advice: String) -> ConfigurationError {
        ConfigurationError(
            .outOfRange, at: location, key: "pictures.\(name).outputs", problem,
            advice: advice.replacing("--along plane", with: "along: plane"))
    }

    private static func metrics(_ setting: Setting, _ others: [String]) throws(ConfigurationError) -> [String]
    {
        var names: [String] = []
        for element in try setting.list("a list of metrics such as [train_loss, test_accuracy]") {
            names.append(try metric(element, others))
        }
        return names
    }

    private static func metric(_ setting: Setting, _ others: [String]) throws(ConfigurationError) -> String {
        let name = try setting.metricName(of: StudyMetrics.sets, or: others)
        guard StudyMetrics.isNumber(name) else {
            throw setting.error(.outOfRange, "\(name) is a word, and pictures are of numbers")
        }
        guard !StudyMetrics.isTime(name) else {
            throw setting.error(
                .conflict, "\(name) differs each time a run is made, so it stands in times.csv alone")
        }
        return name
    }
}
