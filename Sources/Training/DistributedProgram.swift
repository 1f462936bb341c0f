import CSignals
import Cluster
import DataParallel
import Foundation
import Glibc
import MPI

/// A program that runs on all ranks of an MPI job, or alone.
///
///     exit(DistributedProgram.run { cluster in
///         let result = try Trainer.train(MyNet(), settings, on: cluster)
///     })
///
/// Errors end the job with one line on standard error, `NAME: error: WHAT`, and the exit code of `ExitStatus`.
public enum DistributedProgram {
    /// Starts MPI, calls `body` on every rank and returns the exit code.
    ///
    /// - Parameters:
    ///   - name: The first word of messages.
    ///   - wording: Whether messages give advice for the command line or for Swift.
    ///   - transport: How the ranks of one node exchange data.
    ///   - instructionSet: The highest instruction set to use; nil for the highest that every rank has.
    ///   - printing: How much is printed about the work's progress.
    ///   - stallTimeout: Seconds without progress of any rank after which the job ends with exit code 75; 0 for never.
    ///   - status: The exit code of errors that are not the library's.
    public static func run(
        name: String = "dtrain", wording: Wording = .swift, transport: Cluster.Transport = .auto,
        instructionSet: InstructionSet? = nil, printing: Printing = .lines,
        stallTimeout: Double = Watchdog.standardLimit,
        status: @escaping (any Error) -> Int32? = { _ in nil }, _ body: (Cluster) throws -> Void
    ) -> Int32 {
        // If the reader of the output is gone, the run goes on.
        signal(SIGPIPE, SIG_IGN)
        // Lines of progress and errors would otherwise overtake what the program prints into a buffer.
        dt_print_lines()
        StopRequest.install(isSlurmTask: LaunchEnvironment.current.launcher == .slurm)
        reportSignals(name: name)
        let code: (any Error) -> Int32 = { status($0) ?? ExitStatus(for: $0).rawValue }
        do {
            try SlurmStart.prepare()
            let launch = LaunchEnvironment.current
            try ProcessLimits.requireRoomForMPI(
                isLaunched: launch.isLaunched, localRanks: launch.localSize ?? 1)
        } catch {
            fail(error, name: name, wording)
            return code(error)
        }
        let guidance = Guidance(wording, printing: printing)
        let watchdog = Watchdog(name: name, limit: stallTimeout, guidance: guidance)
        // Ranks that have ended MPI together need no watchdog any more.
        defer { watchdog.stop() }
        do {
            try FaultPoint.check()
            FaultPoint.reach(.start)
            return try MPIRuntime.run(threads: .funneled) { runtime in
                // MPI has installed signal handlers of its own: set ours again.
                reportSignals(name: name)
                try check(LaunchEnvironment.current, ranks: runtime.world.size)
                try ProgramFile.check(in: runtime.world)
                try Agreement.check(
                    "the transport", [UInt8(Cluster.Transport.allCases.firstIndex(of: transport) ?? 0)],
                    in: runtime.world,
                    advice: "start every rank with the same arguments and the same configuration")
                let cluster = try Cluster(
                    runtime.world, transport: transport, instructionSet: instructionSet, watchdog: watchdog)
                try withFallback(cluster, name: name, body)
                cluster.activity.enter(.ending)
                return 0
            } onError: { error, world in
                watchdog.stop()
                report(error, name: name, wording, rank: world.rank)
                // The error may be that a host has failed.
                if !isOneHost { LauncherDeadline.set() }
                return Int(code(error))
            }
        } catch {
            fail(error, name: name, wording)
            return code(error)
        }
    }

    /// Makes unexpected signals print one line before they end the process.
    ///
    /// - Parameter name: The first word of the line.
    public static func reportSignals(name: String = "dtrain") {
        // With SWIFT_BACKTRACE set, Swift's own crash report follows the line.
        let asksForBacktrace = getenv("SWIFT_BACKTRACE") != nil
        dt_crash_install(
            name, Int32(clamping: LaunchEnvironment.current.rank ?? 0), ExitStatus.noResources.rawValue,
            asksForBacktrace ? 1 : 0)
    }

    /// Reports an error from before MPI is started. All ranks have the same error, so only one prints it.
    private static func fail(_ error: any Error, name: String, _ wording: Wording) {
        let line = "\(name): error: \(words(of: error, wording))"
        guard (LaunchEnvironment.current.rank ?? 0) > 0 else { return write(line) }
        letRankZeroSpeak()
        guard error is ResourceError else { return }
        // If rank 0 had no error, this rank has not been ended by now, and prints its own.
        letRankZeroSpeak()
        write(line)
    }

    private static func words(of error: any Error, _ wording: Wording) -> String {
        error is any StatedError ? "\(error)" : wording("\(error)")
    }

    /// Waits on a rank other than 0 before it ends with an error that all ranks have before MPI starts: mpirun ends the
    /// job with the first rank that fails, which should be the one that prints.
    public static func letRankZeroSpeak() { usleep(2_000_000) }

    /// Prints an error as one line on standard error.
    public static func write(_ line: String) {
        let oneLine = line.split(whereSeparator: \.isNewline).joined(separator: " ")
        StandardStream.error.write("\(LineDevice.erasingOnError)\(oneLine)\n")
    }

    /// Prints a warning about something that does not end the run.
    static func warn(_ text: String) { write("dtrain: warning: \(text)") }

    /// Prints a note about something unusual.
    static func note(_ text: String) { write("dtrain: note: \(text)") }

    /// Runs `body`; if there is too little shared memory, runs it again with messages, on all ranks together.
    private static func withFallback(_ cluster: Cluster, name: String, _ body: (Cluster) throws -> Void)
        throws
    {
        do {
            try body(cluster)
        } catch ClusterError.noSharedMemory(let reason) where cluster.transport == .auto {
            if cluster.rank == 0 {
                write(
                    "\(name): warning: shared memory cannot be had (\(reason)): ranks exchange messages instead, slower"
                )
            }
            try body(cluster.withoutSharedMemory())
        }
    }

    private static var isOneHost: Bool {
        LaunchEnvironment.current.localSize == LaunchEnvironment.current.size
    }

    /// A rank that fails alone prints its error soon. If all fail alike, rank 0 prints and ends the others while they
    /// wait: within milliseconds on its own host, later on others, where the launcher's daemons must do it.
    private static func report(_ error: any Error, name: String, _ wording: Wording, rank: Int) {
        if error is FailedElsewhere {
            usleep(5_000_000)
            return
        }
        if rank > 0 { usleep(UInt32((isOneHost ? 300_000 : 2_000_000) + min(rank, 100) * 20_000)) }
        write("\(name): error: \(words(of: error, wording))")
    }

    /// Processes that were started together but each believe to be alone would overwrite one another's results.
    private static func check(_ environment: LaunchEnvironment, ranks: Int) throws {
        guard let started = environment.size, started > 1, ranks == 1 else { return }
        throw TrainingError(
            .launch,
            "the launcher started \(started) processes, but MPI sees one: use the mpirun of the Open MPI this program is built with, or srun --mpi=pmix"
        )
    }
}
