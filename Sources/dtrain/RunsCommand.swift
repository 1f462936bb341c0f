import ArgumentParser
import MPI
import Training

struct RunsCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Lists the runs in and below a folder.", discussion: manual.help)

    static let manual = CommandManual(
        about: ["How far each is, its losses, its metric, its time and its model."],
        examples: [.init("dtrain runs", "all runs below runs/")])

    @Argument(
        help: ArgumentHelp("The folder that holds runs.", valueName: "folder"), completion: .directory)
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
