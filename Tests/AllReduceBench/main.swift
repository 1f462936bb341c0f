// Times the gradient exchange against MPI_Allreduce on the same float32 vectors, in turns, and prints one JSON line
// per size: microseconds of each (medians over rounds) and how many times faster the exchange is (median over
// rounds of that round's ratio), once with the sum where all ranks can read it and once copied by each rank.
// Use: mpirun -n 2 allreduce-bench [--largest BYTES] [--rounds N]
import DistributedTraining
import Foundation

do {
    let options = try Options(CommandLine.arguments.dropFirst())
    exit(
        // Without fallback: figures of messages must not pass for figures of shared memory.
        DistributedProgram.run(name: "allreduce-bench", transport: .shared) { cluster in
            var byteCount = 4096
            while byteCount <= options.largest {
                let comparison = try Comparison(cluster, count: byteCount / 4)
                let line = try comparison.run(rounds: options.rounds)
                if cluster.rank == 0 { print(line) }
                try comparison.free()
                byteCount *= 4
            }
        })
} catch {
    DistributedProgram.write("allreduce-bench: error: \(error)")
    exit(ExitStatus.usage.rawValue)
}
