import Foundation
import Messages
import Options

/// The differences between two runs: of their configurations, metrics and weights.
package struct RunComparison: Sendable {
    private let runs: (first: String, second: String)
    /// The differing settings; nil if a configuration is unknown.
    let settings: [ConfigurationChange]?
    /// Whether only settings that affect results, and those of data, were compared.
    let areSettingsPartial: Bool
    /// Differences of the model or data that no setting shows but the checkpoints do.
    let hidden: [String]
    let metrics: MetricsComparison
    let weights: [WeightsComparison]

    /// Compares the runs in two folders, with the settings that are known of them.
    package init(
        _ first: (folder: String, settings: RunSettings?), _ second: (folder: String, settings: RunSettings?),
        _ table: SettingsTable
    ) throws {
        runs = (first.folder, second.folder)
        settings = first.settings.flatMap { known in second.settings.map { known.changes(to: $0, table) } }
        areSettingsPartial = [first, second].contains { $0.settings?.isWhole == false }
        hidden = Self.hidden(first.folder, second.folder, settings ?? [])
        metrics = try MetricsComparison(first.folder, second.folder)
        weights = try WeightsComparison.all(first.folder, second.folder)
    }

    /// Whether the model or the data differ although their settings are the same.
    private static func hidden(_ first: String, _ second: String, _ changes: [ConfigurationChange])
        -> [String]
    {
        guard let a = RunSettings.identity(ofRunIn: first), let b = RunSettings.identity(ofRunIn: second)
        else {
            return []
        }
        func isSaid(_ sections: [String]) -> Bool {
            changes.contains { change in
                sections.contains { change.key == $0 || change.key.hasPrefix("\($0).") }
            }
        }
        var found: [String] = []
        if a.model != b.model, !isSaid(["model", "loss", "data"]) {
            found.append("model: other layers or shapes than the configuration tells")
        }
        if a.data != b.data, !isSaid(["data", "training.seed"]) {
            found.append("data: other content in files of the same names")
        }
        return found
    }

    /// Whether nothing differs.
    package var isEqual: Bool {
        (settings ?? []).isEmpty && hidden.isEmpty && metrics.parting == nil
            && metrics.counts.first == metrics.counts.second && metrics.common == metrics.counts.first
            && metrics.extra.first.isEmpty && metrics.extra.second.isEmpty
            && weights.allSatisfy { $0.difference == nil }
    }

    /// The comparison as lines for a person.
    package var text: String {
        var lines: [String] = []
        if isEqual {
            lines.append("equal: \(runs.first) and \(runs.second)")
        }
        if let settings {
            lines += settings.isEmpty && hidden.isEmpty ? ["configurations are equal"] : []
            lines += settings.map(\.comparison) + hidden
        } else {
            lines.append(
                "the configuration of one of the runs is not known: it has neither config.yaml nor a checkpoint"
            )
        }
        lines += metricsLines
        lines += weights.map(\.text)
        if areSettingsPartial {
            lines.append(
                "keys that do not decide the results are not compared: of one of the runs a checkpoint alone tells the configuration"
            )
        }
        if weights.isEmpty {
            lines.append(
                "weights cannot be compared: there is no checkpoint of the same step, nor final weights of both"
            )
        }
        return lines.map { "\($0.split(whereSeparator: \.isNewline).joined(separator: " "))\n" }.joined()
    }

    private var metricsLines: [String] {
        var lines: [String] = []
        let (first, second) = metrics.counts
        if let parting = metrics.parting {
            lines.append(
                "metrics differ from step \(parting.step): \(parting.key) \(Self.text(parting.first)) against \(Self.text(parting.second))"
            )
        } else if metrics.common == 0 {
            lines.append("metrics have no event in common")
        } else {
            lines.append(
                metrics.common == first && first == second
                    ? "metrics are equal (\(counted(first, "line")))"
                    : "metrics are equal where both have them (\(counted(metrics.common, "line")))")
        }
        if first != second {
            let (more, run) = first > second ? (first - second, runs.first) : (second - first, runs.second)
            lines.append("\(run) has \(counted(more, "line")) of metrics more (\(first) against \(second))")
        }
        for (run, keys) in [(runs.first, metrics.extra.first), (runs.second, metrics.extra.second)]
        where !keys.isEmpty {
            lines.append("only \(run) has \(keys.joined(separator: ", "))")
        }
        return lines
    }

    private static func text(_ value: OptionValue) -> String {
        value == .none ? "null" : value.description
    }

    /// The comparison as one JSON object on one line.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(Report(self)), as: UTF8.self) + "\n"
    }

    /// The content of the JSON object.
    private struct Report: Encodable {
        struct Setting: Encodable {
            let key: String
            let first: String?
            let second: String?
        }
        struct Metrics: Encodable {
            let lines: [Int]
            let common: Int
            let step: Int?
            let key: String?
            let first: OptionValue?
            let second: OptionValue?
            let onlyFirst: [String]
            let onlySecond: [String]
        }
        struct Weights: Encodable {
            let of: String
            let equal: Bool
            let tensor: String?
            let elements: Int?
            let count: Int?
            let most: Double?
        }

        let equal: Bool
        let settings: [Setting]?
        let notes: [String]
        let metrics: Metrics
        let weights: [Weights]

        init(_ comparison: RunComparison) {
            equal = comparison.isEqual
            settings = comparison.settings?.map { Setting(key: $0.key, first: $0.old, second: $0.new) }
            notes = comparison.hidden
            let found = comparison.metrics
            metrics = Metrics(
                lines: [found.counts.first, found.counts.second], common: found.common,
                step: found.parting?.step, key: found.parting?.key, first: found.parting?.first,
                second: found.parting?.second, onlyFirst: found.extra.first, onlySecond: found.extra.second)
            weights = comparison.weights.map { weights in
                switch weights.difference {
                case nil:
                    Weights(of: weights.what, equal: true, tensor: nil, elements: nil, count: nil, most: nil)
                case .values(let tensor, let elements, let count, let most):
                    Weights(
                        of: weights.what, equal: false, tensor: tensor, elements: elements, count: count,
                        most: most)
                case .form(let tensor, _, _), .missing(let tensor, _):
                    Weights(
                        of: weights.what, equal: false, tensor: tensor, elements: nil, count: nil, most: nil)
                }
            }
        }
    }
}

extension ConfigurationChange {
    /// The difference in a comparison's words: "optimizer.lr: 0.1 against 0.05".
    var comparison: String { "\(key): \(old ?? "none") against \(new ?? "none")" }
}
