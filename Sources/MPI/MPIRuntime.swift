internal import CMPI
import Glibc

/// The life of MPI in this process: initialized by `init`, finalized when the value ends.
///
/// A process can make one, once. Finalizing waits for all ranks, and Swift ends the value after its last use: when an
/// error is thrown, even before the `catch`. A rank that fails alone therefore hangs the job in finalization, unless
/// the error is handled by `run`, or by a `catch` that itself uses the runtime:
///
///     try MPIRuntime.run(threads: .funneled) { mpi in
///         let total = try mpi.world.allReduce(mpi.world.rank, .sum)
///     } onError: { error, world in
///         print("rank \(world.rank): \(error)")
///         return 1
///     }
public struct MPIRuntime: ~Copyable {
    /// The thread level that MPI provides, at least the one asked for.
    public let threadLevel: ThreadLevel
    /// All ranks of the job.
    public let world: Communicator

    /// Initializes MPI; throws if it already was, or if the library provides less than `threads`.
    public init(threads: ThreadLevel = .funneled) throws {
        (threadLevel, world) = try Self.start(threads)
    }

    deinit { _ = MPI_Finalize() }

    /// Runs a body with MPI and finalizes after it; if the body throws, ends the whole job.
    ///
    /// `onError` reports the body's error and returns the exit code of the job, forced into 1...125. Only a failed
    /// initialization is thrown to the caller.
    public static func run<Result>(
        threads: ThreadLevel = .funneled, _ body: (borrowing MPIRuntime) throws -> Result,
        onError: (any Error, Communicator) -> Int
    ) throws -> Result {
        let mpi = try MPIRuntime(threads: threads)
        return mpi.perform(body, onError: onError)
    }

    // The caller owns the runtime until this returns, so nothing finalizes it between a throw and the abort.
    private borrowing func perform<Result>(
        _ body: (borrowing MPIRuntime) throws -> Result, onError: (any Error, Communicator) -> Int
    ) -> Result {
        do {
            return try body(self)
        } catch {
            let code = onError(error, world)
            // A lone rank has nobody to stop, and MPI_Abort would print lines of its own.
            if world.size == 1 { exit(Int32(truncatingIfNeeded: code)) }
            world.abort(code: code)
        }
    }

    /// The library's name and version; works before initialization.
    public static var libraryVersion: String {
        libraryText(capacity: Int(dt_max_library_version())) { MPI_Get_library_version($0, $1) } ?? "unknown"
    }

    /// The name of the node this process runs on.
    public var processorName: String {
        libraryText(capacity: Int(dt_max_processor_name())) { MPI_Get_processor_name($0, $1) } ?? "unknown"
    }

    /// Whether MPI can be called: after initialization and before finalization.
    static var isActive: Bool {
        var initialized: Int32 = 0
        var finalized: Int32 = 0
        _ = MPI_Initialized(&initialized)
        _ = MPI_Finalized(&finalized)
        return initialized != 0 && finalized == 0
    }

    private static func start(_ threads: ThreadLevel) throws -> (ThreadLevel, Communicator) {
        var flag: Int32 = 0
        try check(MPI_Initialized(&flag), "MPI_Initialized")
        if flag != 0 {
            throw MPIError(
                .other, "MPI was initialized before in this process, and can be only once",
                call: "MPI_Init_thread", on: nil)
        }
        var provided: Int32 = 0
        try check(MPI_Init_thread(nil, nil, threads.code, &provided), "MPI_Init_thread")
        do {
            // Errors without a communicator are raised on one of these two, depending on MPI's version.
            try check(MPI_Comm_set_errhandler(dt_comm_self(), dt_errors_return()), "MPI_Comm_set_errhandler")
            let world = try Communicator(adopting: dt_comm_world(), isOwned: false)
            let level = ThreadLevel(code: provided)
            if level < threads {
                throw MPIError(
                    .unsupported, "the library provides thread level \(level), needed is \(threads)",
                    call: "MPI_Init_thread", on: world)
            }
            return (level, world)
        } catch {
            _ = MPI_Finalize()
            throw error
        }
    }
}
