import ArgumentParser
import Foundation
import Training

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Loss and metrics of saved weights, exact at any number of ranks.",
        discussion: """
            Results are one JSON object on one line, on a terminal tables. Which metrics they hold says the \
            configuration's evaluation.metrics; "data" says which set they are of.

            Of a run that has not ended the best weights are taken, else its newest checkpoint.
            """)

    @OptionGroup var model: SavedModelOptions

    @Flag(help: "Results as JSON, or as tables, wherever they go.")
    var form: Form?

    /// The format of results.
    enum Form: String, EnumerableFlag {
        /// One JSON object on one line.
        case json
        /// Tables for a person.
        case table
    }

    func run() throws {
        try model.run(predicts: false) { saved, data, cluster in
            // Open the file first: an error should come before the work, not after it.
            let target = cluster.rank == 0 ? try TextOutput(path: model.output) : nil
            let totals = try saved.totals()
            guard let target else { return }
            if !totals.loss.isFinite {
                DistributedProgram.write(
                    "dtrain: warning: the loss is not finite: the weights' outputs are no numbers, or too large for these data"
                )
            }
            let report = EvaluationReport(totals, data: data.name, classNames: saved.classNames)
            let form = form ?? (model.output == nil && ProgressReporter.writesToTerminal ? .table : .json)
            try target.finish(form == .json ? report.json : report.table)
        }
    }
}
