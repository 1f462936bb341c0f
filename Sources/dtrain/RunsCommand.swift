import ArgumentParser
import MPI
import Training

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Lists the runs in and below a folder: how far each is, its losses, metric, time and model."
    )

    @Argument(help: ArgumentHelp("The folder that holds runs.", valueName: "folder"))
    var folder = "runs"

    @Flag(name: .long, help: "One JSON object a line for each run.")
    var json = false

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        let runs = try RunFinder.runs(below: folder).map(RunSummary.init(folder:))
        let none = json ? "" : "there are no runs in \(folder)\n"
        let text = json ? runs.map(\.json).joined() : RunSummary.table(runs)
        try TextOutput(path: nil).finish(runs.isEmpty ? none : text)
    }
}
