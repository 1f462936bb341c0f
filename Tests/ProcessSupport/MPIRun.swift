/// Starts an executable on several ranks of this machine.
package struct MPIRun {
    /// Runs `mpirun -n ranks executable arguments` with what a small or shared machine and a container need.
    ///
    /// More ranks than cores are allowed and yield while they wait; root is allowed; the copy between processes
    /// does not use ptrace. `options` go to mpirun before the executable.
    package static func run(
        ranks: Int, executable: String, arguments: [String] = [], options: [String] = [],
        environment: [String: String] = [:], timeLimit: Duration = Promptness.patience,
        currentDirectory: String? = nil,
        meanwhile: (ProcessSession, _ standardError: String) -> Void = { _, _ in }
    ) throws -> ProcessResult {
        var variables = [
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        ]
        variables.merge(environment) { _, given in given }
        let flags = [
            "-n", String(ranks), "--oversubscribe",
            "--mca", "btl_vader_single_copy_mechanism", "none",
            "--mca", "mpi_yield_when_idle", "1",
        ]
        return try ProcessRun.run(
            "mpirun", flags + options + [executable] + arguments, environment: variables,
            timeLimit: timeLimit, currentDirectory: currentDirectory, meanwhile: meanwhile)
    }
}
