import ArgumentParser
import MPI
import Reports
import Training

struct ReportCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Makes one HTML page of a run, or of several.",
        discussion: manual.help)

    static let manual = CommandManual(
        about: ["It needs no network, no server and no script. An earlier report is replaced."],
        details: [
            "Of a run that has not ended the page shows how far it is. A file of that name that is no report is left alone, with an error."
        ],
        examples: [
            .init("dtrain report runs/houses", "writes report.html"),
            .init("dtrain report runs/a runs/b --output both.html", "two side by side"),
        ])

    @Argument(
        help: ArgumentHelp("The folder of a run; several are compared.", valueName: "run"),
        completion: .directory)
    var runs: [String]

    @Option(
        name: .long, help: ArgumentHelp("The page.", valueName: "file.html"),
        completion: .file(extensions: ["html"]))
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
