import Datasets
import Layers

/// Checks of features that an embedding reads: whole numbers, each a row of its table.
enum TokenChecks {
    /// Throws if a feature of `examples`, of the data set `name`, is no token of `model`; nothing if the model reads no tokens.
    static func check(_ examples: StoredExamples, of name: String, model: TracedModel) throws {
        guard let count = model.tokenCount else { return }
        for row in 0..<examples.layout.count {
            let features = examples.features(ofRow: row)
            guard
                let place = features.firstIndex(where: {
                    !($0 >= 0 && $0 < Float(count) && $0.rounded() == $0)
                })
            else { continue }
            throw TrainingError(
                .badFile,
                "feature \(features[place]) of example \(row), position \(place), is no token: the embedding reads whole numbers from 0 to \(count - 1): correct it, or make num_embeddings larger",
                about: .file(name))
        }
    }

    /// Throws if tokens would be scaled.
    static func check(_ normalization: Normalization, model: TracedModel) throws {
        guard model.tokenCount != nil, normalization != .none else { return }
        throw TrainingError(
            .configuration,
            "data.normalize is \(normalization.name), but an embedding reads the features, which are tokens: set data.normalize to none",
            about: .setting("data.normalize"))
    }
}
