import ArgumentParser
import Configuration
import Datasets
import Foundation
import MPI
import Messages
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
            TrainCommand.self, InitCommand.self, CheckCommand.self, EvaluateCommand.self,
            PredictCommand.self, SummaryCommand.self, RecipesCommand.self, MethodsCommand.self,
            SchemaCommand.self, RateSearchCommand.self, StudyCommand.self, DiagnoseCommand.self,
            LandscapeCommand.self, DoctorCommand.self, RunsCommand.self, DiffCommand.self,
            ReportCommand.self,
        ],
        defaultSubcommand: TrainCommand.self)

    /// Parses before MPI starts, so that help and usage errors cost nothing; only rank 0 prints.
    static func main() {
        DistributedProgram.reportSignals()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            try requireCommand(arguments)
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error).rawValue
            if error is ExitCode { Self.exit(withError: error) }
            let isFirst = (LaunchEnvironment.current.rank ?? 0) == 0
            if code == 0 {
                if isFirst { print(fullMessage(for: error)) }
            } else if isFirst {
                let message = message(for: error)
                let completed = UsageAdvice(arguments).completed(message)
                Launch.report(error, message: completed, isAdvised: completed != message)
            } else {
                DistributedProgram.letRankZeroSpeak()
            }
            Self.exit(withError: ExitCode(Launch.status(of: error) ?? code))
        }
    }

    /// Throws on a word that names no command; the parser would report it as an argument too many of `train`.
    private static func requireCommand(_ arguments: [String]) throws {
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
        guard let word = words.first, !word.isEmpty, !word.hasPrefix("-") else { return }
        let commands = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard !commands.contains(word) else { return }
        let lower = word.lowercased()
        let near =
            nearestName(to: word, among: commands)
            ?? commands.first { $0.commonPrefix(with: lower).count >= min(lower.count, 4) }
        let known = UsageAdvice.command(for: word).map { "did you mean \"\($0)\"?" }
        let advice = known ?? UsageAdvice([]).word(word) ?? near.map { "did you mean \"\($0)\"?" }
        let shown = word.count > 60 ? "\(word.prefix(60))..." : word
        throw ValidationError(
            "there is no command \"\(shown)\": \(advice ?? "dtrain --help lists the commands")"
        )
    }
}
