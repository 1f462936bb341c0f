import ArgumentParser
import Cluster
import Configuration
import DataParallel
import Training

/// Runs commands under MPI and turns errors into a line and an exit code.
enum Launch {
    /// Runs `body` on all ranks, with the transport and instruction set of `settings`.
    static func run(
        _ settings: TrainingSettings?, wording: Wording = .commandLine(program: program),
        printing: Printing = .lines, _ body: (Cluster) throws -> Void
    ) throws {
        let code = DistributedProgram.run(
            wording: wording, transport: settings?.transport ?? .auto,
            instructionSet: settings?.instructionSet, printing: printing,
            stallTimeout: settings?.stallTimeout ?? Watchdog.standardLimit, status: status, body)
        if code != 0 { throw ExitCode(code) }
    }

    /// The name by which this program was started, for commands in messages.
    static var program: String { CommandLine.arguments.first ?? "dtrain" }

    /// The exit code of an error of the configuration or the library; nil for errors of the command line.
    static func status(of error: any Error) -> Int32? {
        switch error {
        case is ValidationError, is CleanExit, is ExitCode: nil
        default:
            String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
                ? nil : ExitStatus(for: error).rawValue
        }
    }

    /// Prints an error as one line on standard error.
    ///
    /// - Parameter isAdvised: Whether a message about the command line says already what to do.
    static func report(_ error: any Error, message: String, isAdvised: Bool) {
        if status(of: error) == nil {
            let text = message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message
            // The program's own messages say it, too.
            let help = isAdvised || error is ValidationError ? "" : "; see dtrain --help"
            DistributedProgram.write("dtrain: error: \(text)\(help)")
        } else {
            DistributedProgram.write("dtrain: error: \(error)")
        }
    }
}
