import Glibc
import MPI

// mpi-selftest [--limit N] [--wrong NAME] [--abort CODE] [--drop] [--huge]
// Runs every check of the wrapper on the ranks it is started with. Exits 0 after naming the checks that passed,
// or 1 after naming the failed one. The options are the controls: a check made wrong, an abort, a request
// that is dropped, messages of more than 2^31 elements.

/// Runs what the options ask for; a failed check ends the whole job here.
func selfTest(_ options: Options) throws {
    try MPIRuntime.run(threads: .funneled) { mpi in
        let world = mpi.world
        world.countLimit = options.limit ?? world.countLimit
        if let code = options.abortCode {
            if world.rank == world.size - 1 { world.abort(code: code) }
            try world.barrier()
            try world.barrier()
        }
        if options.drops {
            _ = try world.startReceive(Int.self, count: 1, from: world.rank)
        }
        let checks = Checks(world: world, sabotaged: options.wrong)
        if options.isHuge {
            try checks.hugeCounts()
        } else {
            try checks.run("runtime") {
                try equal(MPIRuntime.libraryVersion.isEmpty, false, "empty version")
                try equal(mpi.processorName.isEmpty, false, "empty node name")
                try equal(mpi.threadLevel >= .funneled, true, "thread level")
                let launch = LaunchEnvironment.current
                try equal(launch.size ?? 1, world.size, "announced size")
                try equal(launch.rank ?? 0, world.rank, "announced rank")
                do {
                    _ = try MPIRuntime()
                    throw Checks.Failure(description: "a second runtime was made")
                } catch let error as MPIError {
                    try equal(error.errorClass, .other, "second runtime")
                }
            }
            try checks.groups()
            try checks.collectives()
            try checks.nonBlocking()
            try checks.pointToPoint()
            try checks.sharedWindows()
        }
        if world.rank == 0 {
            for name in checks.passed { print("ok: \(name)") }
            print("self test passed: \(checks.passed.count) checks on \(world.size) ranks")
        }
    } onError: { error, world in
        report("rank \(world.rank) of \(world.size): \(error)")
        return 1
    }
}

/// Writes one line to standard error.
func report(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(2, bytes, bytes.count)
}

do {
    try selfTest(Options(CommandLine.arguments.dropFirst()))
} catch {
    report("\(error)")
    exit(1)
}
