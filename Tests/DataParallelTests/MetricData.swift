import Datasets
import Foundation

/// scikit-learn's metrics: Data/metrics.json, written by scripts/references/metric_references.py.
struct MetricData: Decodable, Sendable {
    /// Scores of classes with what scikit-learn makes of them.
    struct Classes: Decodable, Sendable {
        let name: String
        /// [N][K], or [N][1] whose sign decides.
        let scores: [[Float]]
        let labels: [Int32]
        let classes: Int
        let accuracy: Double
        /// By name, such as top_2_accuracy.
        let top: [String: Double]
        let confusion_matrix: [[Int]]
        let precision: Double
        let recall: Double
        let f1: Double
        let precision_per_class: [Double]
        let recall_per_class: [Double]
        let f1_per_class: [Double]

        /// The scores as the features of a data set, with their labels.
        func dataset() throws -> Dataset {
            try Dataset(
                name: name, features: scores.flatMap { $0 }, exampleShape: [scores[0].count],
                labels: .classes(labels, count: classes))
        }
    }

    /// Estimates of numbers with what scikit-learn makes of them.
    struct Values: Decodable, Sendable {
        let name: String
        /// [N][K].
        let estimates: [[Float]]
        /// [N][K].
        let targets: [[Float]]
        let r2: Double
        let mae: Double

        /// The estimates as the features of a data set, with their targets.
        func dataset() throws -> Dataset {
            let width = targets[0].count
            return try Dataset(
                name: name, features: estimates.flatMap { $0 }, exampleShape: [width],
                labels: .targets(targets.flatMap { $0 }, width: width))
        }
    }

    let classes: [Classes]
    let values: [Values]

    /// Reads the committed file.
    static func load() throws -> MetricData {
        guard let url = Bundle.module.url(forResource: "metrics", withExtension: "json", subdirectory: "Data")
        else { throw CocoaError(.fileNoSuchFile) }
        return try JSONDecoder().decode(MetricData.self, from: Data(contentsOf: url))
    }
}
