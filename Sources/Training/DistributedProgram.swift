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
    ///   - name: What messages begin with.
    ///   - wording: In whose words messages say what to do.
    ///   - transport: How ranks of one node exchange data.
    ///   - instructionSet: The highest instruction set to use; nil for the highest that every rank has.
    ///   - printing: How much a person is told of work under way.
    ///   - stallTimeout: Seconds without progress of any rank after which the job ends with exit code 75; 0 for never.
    ///   - status: The exit code for errors that are not the library's.
    public static func run(
        name: String = "dtrain", wording: Wording = .swift, transport: Cluster.Transport = .auto,
        instructionSet: InstructionSet? = nil, printing: Printing = .lines,
        stallTimeout: Double = Watchdog.standardLimit,
        status: @escaping (any Error) -> Int32? = { _ in nil }, _ body: (Cluster) throws -> Void
    ) -> Int32 {
        // Output that nobody reads any more must not end the run.
        signal(SIGPIPE, SIG_IGN)
        // Lines of progress, errors and what signals say go past the buffer of what a program prints.
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
        // Ranks that have ended MPI together need no watch any more.
        defer { watchdog.stop() }
        do {
            try FaultPoint.check()
            FaultPoint.reach(.start)
            return try MPIRuntime.run(threads: .funneled) { runtime in
                // MPI has installed handlers of its own.
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
                // The error may be that a host is gone.
                if !isOneHost { LauncherDeadline.set() }
                return Int(code(error))
            }
        } catch {
            fail(error, name: name, wording)
            return code(error)
        }
    }

    /// Lets signals that nobody expects write one line before they end the process, as long as it lives.
    ///
    /// - Parameter name: What the line begins with.
    public static func reportSignals(name: String = "dtrain") {
        // Whoever asks for Swift's own report of a crash gets it, after the line.
        let asksForBacktrace = getenv("SWIFT_BACKTRACE") != nil
        dt_crash_install(
            name, Int32(clamping: LaunchEnvironment.current.rank ?? 0), ExitStatus.noResources.rawValue,
            asksForBacktrace ? 1 : 0)
    }

    /// Reports an error that comes before MPI is up: all ranks fail alike, so one of them speaks.
    private static func fail(_ error: any Error, name: String, _ wording: Wording) {
        let line = "\(name): error: \(words(of: error, wording))"
        guard (LaunchEnvironment.current.rank ?? 0) > 0 else { return write(line) }
        letRankZeroSpeak()
        guard error is ResourceError else { return }
        // Where rank 0 had what this rank could not have, nothing has ended this one by then.
        letRankZeroSpeak()
        write(line)
    }

    private static func words(of error: any Error, _ wording: Wording) -> String {
        error is any StatedError ? "\(error)" : wording("\(error)")
    }

    /// Waits before a rank other than 0 ends with an error that all ranks meet before MPI is up: mpirun ends the job
    /// with the first rank that fails, and that should be the one that says why.
    public static func letRankZeroSpeak() { usleep(2_000_000) }

    /// Prints an error as the one line that a person sees.
    public static func write(_ line: String) {
        let oneLine = line.split(whereSeparator: \.isNewline).joined(separator: " ")
        StandardStream.error.write("\(LineDevice.erasingOnError)\(oneLine)\n")
    }

    /// Tells a person of something that does not end the run, as it is written.
    static func warn(_ text: String) { write("dtrain: warning: \(text)") }

    /// Tells a person of something that is not as usual.
    static func note(_ text: String) { write("dtrain: note: \(text)") }

    /// Without enough shared memory all ranks go over to messages together.
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

    /// A rank that fails alone reports soon; where all fail alike rank 0 does, and ends the others before they have
    /// waited: on its own host within milliseconds, on others it takes the launcher's daemons longer.
    private static func report(_ error: any Error, name: String, _ wording: Wording, rank: Int) {
        if error is FailedElsewhere {
            usleep(5_000_000)
            return
        }
        if rank > 0 { usleep(UInt32((isOneHost ? 300_000 : 2_000_000) + min(rank, 100) * 20_000)) }
        write("\(name): error: \(words(of: error, wording))")
    }

    /// Many single processes that each believe to be alone would overwrite one another's results.
    private static func check(_ environment: LaunchEnvironment, ranks: Int) throws {
        guard let started = environment.size, started > 1, ranks == 1 else { return }
        throw TrainingError(
            .launch,
            "the launcher started \(started) processes, but MPI sees one: use the mpirun of the Open MPI this program is built with, or srun --mpi=pmix"
        )
    }
}
