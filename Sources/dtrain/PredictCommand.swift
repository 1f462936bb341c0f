import ArgumentParser
import Datasets
import Foundation
import Training

struct PredictCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Predictions of saved weights, as CSV.",
        usage: "dtrain predict <run-or-weights> [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: [
            "One row for each example, in the order of the data; needs no labels. Of a model with outputs for each position, one row for each position that counts."
        ],
        details: [
            "Columns: index, position (from 0, where positions have outputs of their own), class (the largest output's, where the model was trained on classes), label (the class as a table spelled it, where its labels were words), then the model's outputs as they are: output_0, output_1, ... With a single output for two classes, class is 1 where it is above 0, and behind binary_cross_entropy a column probability says how likely class 1 is."
        ] + SavedModelOptions.details,
        examples: [
            .init("dtrain predict runs/houses --output prices.csv", "of the test set"),
            .init("dtrain predict runs/houses --data new.csv", "of other data"),
        ])

    @OptionGroup var model: SavedModelOptions

    func run() throws {
        try model.run(predicts: true) { saved, _, cluster in
            let width = saved.outputCount / (saved.positionCount ?? 1)
            let target = cluster.rank == 0 ? try TextOutput(path: model.results.output) : nil
            let outputs = (0..<width).map { "output_\($0)" }
            let columns =
                ["index"] + (saved.positionCount == nil ? [] : ["position"])
                + (saved.hasClasses ? ["class"] : []) + (saved.classNames == nil ? [] : ["label"])
                + (saved.hasProbability ? ["probability"] : [])
            try target?.append((columns + outputs).joined(separator: ",") + "\n")
            var text = ""
            try saved.predictions { (prediction: Prediction) in
                text += "\(prediction.index)"
                if let position = prediction.position { text += ",\(position)" }
                if let best = prediction.classIndex {
                    text += ",\(best)"
                    if let names = saved.classNames { text += "," + Self.quoted(names, best) }
                }
                if let probability = prediction.probability { text += ",\(probability.plainText)" }
                for value in prediction.outputs { text += ",\(value.plainText)" }
                text += "\n"
                guard text.utf8.count >= Self.blockBytes else { return }
                try target?.append(text)
                text = ""
            }
            try target?.finish(text)
        }
    }

    /// The size of the pieces that are written, in bytes.
    private static let blockBytes = 1 << 16

    /// The name of a class as a CSV field; empty for a class without a name.
    private static func quoted(_ names: [String], _ place: Int) -> String {
        guard names.indices.contains(place) else { return "" }
        let name = names[place]
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && !"\",".utf8.contains($0) }
        return isPlain ? name : "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
