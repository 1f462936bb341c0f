import Glibc
import Synchronization

/// Runs a command to its end or its time limit, collecting what it writes.
package struct ProcessRun {
    // Held from the making of pipes to the start of the child, so that no other child inherits their ends.
    private static let spawning = Mutex(())
    // glibc's POSIX_SPAWN_SETSID, which its headers show to GNU sources only.
    private static let newSession: Int16 = 0x80

    /// Starts `executable` (a path, or a name looked up in PATH) in a session of its own and waits.
    ///
    /// `environment` is added to the one this process was started with; an empty value removes a variable.
    /// When `timeLimit` has passed the session gets SIGTERM, and SIGKILL two seconds later. What is left of the
    /// session in the end is killed and reported. `meanwhile` is called some fifty times a second as long as it
    /// runs, with what it has written to standard error. Throws `ProcessRunError` if the command cannot be started.
    package static func run(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        timeLimit: Duration, currentDirectory: String? = nil,
        meanwhile: (ProcessSession, _ standardError: String) -> Void = { _, _ in }
    ) throws -> ProcessResult {
        let command = [executable] + arguments
        let (pid, outputEnd, errorEnd) = try spawning.withLock { _ in
            try spawn(
                // env changes the folder in the child, where this process's own stays as it is.
                currentDirectory.map { ["env", "--chdir=\($0)"] + command } ?? command,
                environment: environment)
        }
        var output = Pipe(readEnd: outputEnd)
        var errors = Pipe(readEnd: errorEnd)

        let session = ProcessSession(id: pid)
        let clock = ContinuousClock()
        let deadline = clock.now + timeLimit
        var status: Int32?
        var timedOut = false
        var exitTime = clock.now
        while true {
            // The pipes are drained all the time: a full one would stop the command.
            let isOpen = Pipe.drain(&output, &errors, milliseconds: 20)
            if status == nil {
                status = reap(pid)
                exitTime = clock.now
            }
            if status != nil {
                // A grandchild that keeps a pipe open must not keep the caller.
                if !isOpen || clock.now - exitTime > .seconds(1) { break }
                continue
            }
            meanwhile(session, errors.text)
            if clock.now > deadline + .seconds(2) {
                session.signal(SIGKILL)
            } else if clock.now > deadline && !timedOut {
                timedOut = true
                session.signal(SIGTERM)
                // A stopped process acts on SIGTERM only once it runs again.
                session.signal(SIGCONT)
            }
        }
        // A process on its way out closes its files some time before it is gone.
        var survivors = session.members()
        let patience = clock.now + .seconds(1)
        while !survivors.isEmpty && clock.now < patience {
            usleep(10_000)
            survivors = session.members()
        }
        session.signal(SIGKILL)
        return ProcessResult(
            exitCode: exitCode(status ?? 0), standardOutput: output.text, standardError: errors.text,
            timedOut: timedOut, survivors: survivors)
    }

    // The wait status once the process has ended, nil before.
    private static func reap(_ pid: pid_t) -> Int32? {
        var status: Int32 = 0
        return waitpid(pid, &status, WNOHANG) == pid ? status : nil
    }

    // The shell's reading of a wait status: low 7 bits are a signal, the next byte an exit code.
    private static func exitCode(_ status: Int32) -> Int32 {
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    // Starts a command; returns its process id and the read ends of its standard output and error.
    private static func spawn(
        _ command: [String], environment: [String: String]
    ) throws -> (pid: pid_t, output: Int32, errors: Int32) {
        let output = try Pipe.open()
        defer { close(output.write) }
        let errors = try Pipe.open()
        defer { close(errors.write) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
        for end in [output.read, output.write, errors.read, errors.write] where end > 2 {
            posix_spawn_file_actions_addclose(&actions, end)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Threads that run tests block most signals, and a child would inherit that.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK))

        let argv = CStrings(command)
        let envp = CStrings(try variables(adding: environment))
        var pid: pid_t = 0
        let code = withExtendedLifetime((argv, envp)) {
            posix_spawnp(&pid, command[0], &actions, &attributes, argv.pointers, envp.pointers)
        }
        if code != 0 {
            close(output.read)
            close(errors.read)
            throw ProcessRunError("cannot start \(command[0])", code: code)
        }
        return (pid: pid, output: output.read, errors: errors.read)
    }

    // "NAME=value" strings: those this process was started with, then the added ones in name order.
    //
    // Not `environ`: a test that uses MPI in this process leaves its own job's variables there, with which mpirun
    // fails, and changes the array while another test may read it.
    private static func variables(adding added: [String: String]) throws -> [String] {
        guard let file = fopen("/proc/self/environ", "r") else {
            throw ProcessRunError("cannot read /proc/self/environ", code: errno)
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        var result = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        result.removeAll { entry in added[String(entry.prefix { $0 != "=" })] != nil }
        for (name, value) in added.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
            result.append("\(name)=\(value)")
        }
        return result
    }
}
