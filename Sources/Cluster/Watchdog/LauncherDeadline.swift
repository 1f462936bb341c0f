import Glibc

/// Ends Open MPI's launcher if it does not end by itself.
///
/// When a rank fails, mpirun asks the daemons of all hosts to end their ranks and waits for the answers. If a host is
/// gone, no answer comes, and mpirun waits until TCP gives up the connection, a quarter of an hour with Linux's
/// defaults.
package enum LauncherDeadline {
    /// Names of launchers that live for one job, up to the first dot: those of Open MPI and PRRTE.
    private static let launchers: Set = ["mpirun", "mpiexec", "orterun", "prterun"]
    /// Names of the daemons on other hosts, which may serve several jobs and are killed only if they have no ranks
    /// left.
    private static let daemons: Set = ["orted", "prted"]
    /// Seconds that a launcher has by default; if all hosts are there it takes three.
    package static let patience = 10
    // glibc's POSIX_SPAWN_SETSID, which its headers show to GNU sources only.
    private static let newSession: Int16 = 0x80

    /// Leaves a process behind that kills the launcher if it still runs after `seconds`; does nothing if this process
    /// was not started by one.
    package static func set(seconds: Int = patience) {
        let parent = getppid()
        guard let status = ProcessFiles.status("/proc/\(parent)"), status.fields.count > 19 else { return }
        // Debian calls it mpirun.openmpi.
        let name = String(status.name.prefix { $0 != "." })
        guard launchers.contains(name) || daemons.contains(name) else { return }
        // The number may belong to another process by then, but with another start time.
        let script = """
            sleep \(seconds)
            read -r line < /proc/\(parent)/stat || exit
            set -- ${line##*) }
            [ "${20}" = \(status.fields[19]) ] || exit
            \(daemons.contains(name) ? "[ -z \"$(cat /proc/\(parent)/task/*/children)\" ] || exit" : "")
            kill -s KILL \(parent)
            """
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Pipes that it held open would keep the launcher, and the reader of its output, waiting.
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        for descriptor in ProcessFiles.numbers(in: "/proc/self/fd") where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, newSession)
        let words: [UnsafeMutablePointer<CChar>?] =
            ["sh", "-c", script].map { (word: String) in strdup(word) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        posix_spawn(&process, "/bin/sh", &actions, &attributes, words, environ)
    }
}
