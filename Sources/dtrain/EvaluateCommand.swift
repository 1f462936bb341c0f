import ArgumentParser
import Foundation
import Training

struct EvaluateCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Loss and metrics of saved weights.",
        usage: "dtrain evaluate <run-or-weights> [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: ["Results are one JSON object on one line, on a terminal tables."],
        details: [
            "They are exact at any number of ranks. Which metrics they hold says the configuration's evaluation.metrics; \"data\" says which set they are of."
        ] + SavedModelOptions.details,
        examples: [
            .init("dtrain evaluate runs/houses", "on the test set"),
            .init("dtrain evaluate runs/houses --data new.csv", "on other data"),
            .init("mpirun -n 4 dtrain evaluate runs/houses", "on 4 ranks"),
        ])

    @OptionGroup var model: SavedModelOptions
    @OptionGroup(title: SavedModelOptions.title) var shape: Shape

    /// How results look.
    struct Shape: ParsableArguments {
        @Flag var form: Form?
    }

    /// The format of results.
    enum Form: String, EnumerableFlag {
        /// One JSON object on one line.
        case json
        /// Tables for a person.
        case table

        static func help(for form: Form) -> ArgumentHelp? {
            switch form {
            case .json: "Results as JSON, wherever they go."
            case .table: "Results as tables, wherever they go."
            }
        }
    }

    func run() throws {
        try model.run(predicts: false) { saved, data, cluster in
            // Open the file first: an error should come before the work, not after it.
            let target = cluster.rank == 0 ? try TextOutput(path: model.results.output) : nil
            let totals = try saved.totals()
            guard let target else { return }
            if !totals.loss.isFinite {
                DistributedProgram.write(
                    "dtrain: warning: the loss is not finite: the weights' outputs are no numbers, or too large for these data"
                )
            }
            let report = EvaluationReport(totals, data: data.name, classNames: saved.classNames)
            let form =
                shape.form
                ?? (model.results.output == nil && ProgressReporter.writesToTerminal ? .table : .json)
            try target.finish(form == .json ? report.json : report.table)
        }
    }
}
