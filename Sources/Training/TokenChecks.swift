import DataParallel
import Datasets
import Layers
import Messages

/// Checks of features that an embedding reads: whole numbers, each a row of its table.
enum TokenChecks {
    /// Throws if a feature of a data set is no token of `model`; nothing if the model reads no tokens.
    static func check(_ dataset: SharedDataset, model: TracedModel) throws {
        let (examples, name) = (dataset.examples, dataset.name)
        let vocabulary = examples.layout.vocabulary
        guard let count = model.tokenCount else {
            guard vocabulary != nil else { return }
            throw TrainingError(
                .configuration,
                "\(name) is text, but no embedding reads its tokens: begin the model with embedding",
                about: .setting("model"))
        }
        if let vocabulary {
            guard vocabulary.count > count else { return }
            throw TrainingError(
                .configuration,
                "\(name) has \(vocabulary.count) tokens, the embedding \(counted(count, "row")): set num_embeddings to \(vocabulary.count), or data.train.vocabulary to \(count)",
                about: .setting("model"))
        }
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
