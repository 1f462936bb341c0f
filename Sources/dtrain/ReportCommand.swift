import ArgumentParser
import MPI
import Reports
import Training

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Makes one HTML page of a run, or of several side by side, from their folders alone.",
        discussion: """
            The page holds everything it shows: it needs no network, no server and no script, and prints well. \
            Of a run that has not ended it shows how far it is. An earlier report of that name is replaced, any \
            other file is not.
            """)

    @Argument(help: ArgumentHelp("The folder of a run; several are compared.", valueName: "run"))
    var runs: [String]

    @Option(name: .long, help: ArgumentHelp("The page.", valueName: "file.html"))
    var output = "report.html"

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        guard !RunReport.isOtherFile(output) else {
            throw TrainingError(
                .output, "\(output) is there and is no report: choose another file with --output")
        }
        let target = try TextOutput(path: output)
        try target.finish(RunReport(folders: runs).html)
        print("report       \(output)")
    }
}
