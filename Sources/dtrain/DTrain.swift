import ArgumentParser
import MPI
import Training

@main
struct DTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dtrain",
        abstract:
            "Trains neural networks on many cores and nodes, with the same bytes at any number of ranks.",
        discussion: """
            Run it alone, or on N ranks with mpirun -n N dtrain. Without a command it trains the default recipe.
            """,
        version: "0.1.0",
        subcommands: [
            TrainCommand.self, EvaluateCommand.self, PredictCommand.self, SummaryCommand.self,
            RecipesCommand.self, StudyCommand.self, DoctorCommand.self,
        ],
        defaultSubcommand: TrainCommand.self)

    /// Parses before MPI starts, so that help and usage errors cost nothing; only rank 0 prints.
    static func main() {
        DistributedProgram.reportSignals()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error).rawValue
            if error is ExitCode { Self.exit(withError: error) }
            let isFirst = (LaunchEnvironment.current.rank ?? 0) == 0
            if code == 0 {
                if isFirst { print(fullMessage(for: error)) }
            } else if isFirst {
                Launch.report(error, message: message(for: error))
            } else {
                DistributedProgram.letRankZeroSpeak()
            }
            Self.exit(withError: ExitCode(Launch.status(of: error) ?? code))
        }
    }
}
