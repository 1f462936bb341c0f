import ArgumentParser
import Datasets
import Foundation
import Training

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predictions of saved weights as CSV, one row per example in data-set order.",
        discussion: """
            Columns: index, class (the largest output's, where the model was trained on classes), label (the class as a \
            table spelled it, where its labels were words), then the model's outputs as they are: output_0, output_1, ... \
            With a single output for two classes, class is 1 where it is above 0, and behind binary_cross_entropy a \
            column probability says how likely class 1 is.
            """)

    @OptionGroup var model: SavedModelOptions

    func run() throws {
        try model.run(predicts: true) { saved, _, cluster in
            let width = saved.outputCount
            let target = cluster.rank == 0 ? try TextOutput(path: model.output) : nil
            let outputs = (0..<width).map { "output_\($0)" }
            let columns =
                ["index"] + (saved.hasClasses ? ["class"] : []) + (saved.classNames == nil ? [] : ["label"])
                + (saved.hasProbability ? ["probability"] : [])
            try target?.append((columns + outputs).joined(separator: ",") + "\n")
            var index = 0
            try saved.predictions { rows in
                var text = ""
                for start in stride(from: 0, to: rows.count, by: width) {
                    let row = rows[start..<start + width]
                    text += "\(index)"
                    if saved.hasClasses {
                        let best = saved.readsSign ? (row[start] > 0 ? 1 : 0) : Self.largest(row) - start
                        text += ",\(best)"
                        if let names = saved.classNames { text += "," + Self.quoted(names, best) }
                    }
                    if saved.hasProbability {
                        text += ",\(Float(1 / (1 + exp(-Double(row[start])))).plainText)"
                    }
                    for value in row { text += ",\(value.plainText)" }
                    text += "\n"
                    index += 1
                }
                try target?.append(text)
            }
            try target?.finish()
        }
    }

    /// The place of the largest of a row's numbers, the first of equal ones.
    private static func largest(_ row: ArraySlice<Float>) -> Int {
        row.indices.max { row[$0] < row[$1] || (row[$0] == row[$1] && $0 > $1) } ?? row.startIndex
    }

    /// The name of a class as a CSV field; nothing for one without.
    private static func quoted(_ names: [String], _ place: Int) -> String {
        guard names.indices.contains(place) else { return "" }
        let name = names[place]
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && !"\",".utf8.contains($0) }
        return isPlain ? name : "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
