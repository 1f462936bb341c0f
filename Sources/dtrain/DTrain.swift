import ArgumentParser
import Configuration
import Datasets
import Foundation
import MPI
import Messages
import Training

@main
struct DTrain: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "dtrain",
        abstract: "Trains neural networks on many cores and hosts.",
        usage: "dtrain [<subcommand>] [<options>]", discussion: manual.help, version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Preparation",
                subcommands: [
                    InitCommand.self, RecipesCommand.self, CheckCommand.self, SummaryCommand.self,
                ]),
            CommandGroup(
                name: "Training",
                subcommands: [TrainCommand.self, RateSearchCommand.self, StudyCommand.self]),
            CommandGroup(
                name: "Prediction",
                subcommands: [EvaluateCommand.self, PredictCommand.self, GenerateCommand.self]),
            CommandGroup(
                name: "Analysis",
                subcommands: [
                    DiagnoseCommand.self, LandscapeCommand.self, ReportCommand.self, RunsCommand.self,
                    DiffCommand.self,
                ]),
            CommandGroup(
                name: "System",
                subcommands: [
                    DoctorCommand.self, MethodsCommand.self, SchemaCommand.self, ManualCommand.self,
                ]),
        ],
        defaultSubcommand: TrainCommand.self)

    static let manual = CommandManual(
        about: ["The same bytes at any number of ranks. Without a subcommand it trains."],
        details: [
            "mpirun -n N dtrain starts N processes, the ranks. Each computes the gradients of its share of every mini-batch, the gradients are summed over all ranks, and every rank takes the same step of the optimizer. A model, its data and its optimizer are told in a configuration in YAML.",
            "An error is one line on standard error, from one rank: what, where, and what to do.",
        ],
        examples: [
            .init("dtrain init houses.csv", "a configuration for a table"),
            .init("mpirun -n 4 dtrain --config houses.yaml", "trains on 4 ranks"),
            .init("dtrain report runs/houses", "what came out, as a page"),
        ],
        files: [
            .init(
                "runs/NAME",
                "The folder for results of a configuration or recipe NAME, unless it says another.")
        ])

    /// Parses before MPI starts, so that help and usage errors cost nothing; only rank 0 prints.
    static func main() {
        DistributedProgram.reportSignals()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if let text = try Completion.answer(to: arguments) {
                if (LaunchEnvironment.current.rank ?? 0) == 0 { print(text) }
                return
            }
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
