import ArgumentParser
import Foundation
import Training

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Loss and metrics of saved weights, exact at any number of ranks.")

    @OptionGroup var model: SavedModelOptions

    func run() throws {
        try model.run(predicts: false) { saved, cluster in
            let totals = try saved.totals()
            guard cluster.rank == 0 else { return }
            var fields = ["\"count\":\(totals.count)", "\"loss\":\(Self.number(totals.loss))"]
            if let accuracy = totals.accuracy { fields.append("\"accuracy\":\(Self.number(accuracy))") }
            let line = "{\(fields.joined(separator: ","))}\n"
            guard let output = model.output else {
                print(line, terminator: "")
                return
            }
            try TextOutput(path: output).finish(line)
        }
    }

    private static func number(_ value: Double) -> String { value.isFinite ? value.description : "null" }
}
