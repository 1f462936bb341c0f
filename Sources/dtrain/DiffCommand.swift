import ArgumentParser
import Configuration
import MPI
import Training

struct DiffCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What is different between two runs.", discussion: manual.help)

    static let manual = CommandManual(
        about: [
            "Keys of the configuration, the first step whose metrics part, weights. The exit code is 0 whether they differ or not."
        ],
        details: [
            "What depends on time counts for nothing, as does the folder for results. Weights are those of the newest checkpoints of one step that both runs have, or the final ones."
        ],
        examples: [.init("dtrain diff runs/houses runs/houses-2", "where they part")])

    @Argument(help: ArgumentHelp("A run's folder.", valueName: "run1"), completion: .directory)
    var first: String

    @Argument(help: ArgumentHelp("Another run's folder.", valueName: "run2"), completion: .directory)
    var second: String

    @Flag(name: .long, help: "The result as one JSON object on one line.")
    var json = false

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        for folder in [first, second] { try RunFinder.requireRun(folder) }
        let comparison = try RunComparison(
            (first, RunSettings.ofRun(in: first)), (second, RunSettings.ofRun(in: second)), .standard)
        try TextOutput(path: nil).finish(json ? comparison.json() : comparison.text)
    }
}
