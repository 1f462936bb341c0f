import MPI
import Testing

/// Reading how a process was started.
@Suite struct LaunchEnvironmentTests {
    private func environment(_ variables: [String: String]) -> LaunchEnvironment {
        LaunchEnvironment { variables[$0] }
    }

    @Test("no launcher")
    func none() {
        let found = environment(["PATH": "/bin"])
        #expect(found.launcher == .none)
        #expect(!found.isLaunched)
        #expect(found.size == nil)
    }

    @Test("mpirun, also inside a Slurm job")
    func openMPI() {
        let found = environment([
            "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
            "OMPI_COMM_WORLD_LOCAL_RANK": "0", "SLURM_NTASKS": "8", "SLURM_PROCID": "0",
        ])
        #expect(found.launcher == .openMPI)
        #expect(found.size == 4 && found.rank == 2 && found.localSize == 2 && found.localRank == 0)
        #expect(found.allocatedTasks == 8)
    }

    @Test("srun")
    func slurm() {
        let found = environment([
            "SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "3", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1",
            "SLURM_LOCALID": "1",
        ])
        #expect(found.launcher == .slurm)
        #expect(found.size == 3 && found.rank == 1 && found.localRank == 1)
    }

    @Test("a Slurm batch script's own process is not launched")
    func batchScript() {
        let found = environment(["SLURM_NTASKS": "8", "SLURM_PROCID": "0"])
        #expect(!found.isLaunched)
        #expect(found.allocatedTasks == 8)
    }

    @Test("values that are no counts are ignored", arguments: ["", "x", "-1", "99999999999999999999"])
    func nonsense(_ value: String) {
        #expect(!environment(["OMPI_COMM_WORLD_SIZE": value]).isLaunched)
    }

    @Test("Hydra")
    func pmi() {
        let found = environment(["PMI_SIZE": "3", "PMI_RANK": "1"])
        #expect(found.launcher == .pmi)
        #expect(found.size == 3 && found.rank == 1)
    }
}
