import Datasets
import Foundation

/// What a trained model takes as input: kept beside its weights, so that predictions see features as training did.
package struct InputDescription: Codable, Sendable {
    /// How features are scaled.
    package let scaling: FeatureScaling
    /// The shape of one example.
    package let exampleShape: [Int]
    /// Classes of the training set; nil for regression.
    package let classes: Int?

    /// The description beside the weights at `path`.
    package static func beside(weights path: String) throws -> InputDescription {
        let folder = (path as NSString).deletingLastPathComponent
        let file = (folder.isEmpty ? "." : folder) + "/" + RunFolder.scalingName
        guard let data = FileManager.default.contents(atPath: file) else {
            throw TrainingError(
                .badFile, "\(file) is missing: keep it beside the weights, it says how features were scaled")
        }
        do { return try JSONDecoder().decode(InputDescription.self, from: data) } catch {
            throw TrainingError(.badFile, "\(file) is damaged: copy it again from the run's folder")
        }
    }
}
