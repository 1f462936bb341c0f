// Times the gradient exchange against MPI_Allreduce on the same float32 vectors, in turns, and prints one JSON line
// per size: bytes, microseconds of each (medians), and how many times faster the exchange is.
// Use: mpirun -n 2 allreduce-bench [LARGEST_BYTES]
import DataParallel
import Foundation
import MPI

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Every rank's vector is summed into memory that every rank of the node can read.
final class Exchange {
    private let cluster: Cluster
    private let layout: ParameterLayout
    private let exchange: GradientExchange
    private let result: NodeMemory
    private var step: UInt64 = 0

    init(_ cluster: Cluster, count: Int) throws {
        self.cluster = cluster
        layout = ParameterLayout(order: [0], counts: [count], bucketBytes: count * 4)
        // One shard per rank: every rank has one partial sum.
        let map = ShardMap(shards: cluster.size, nodes: cluster.nodes)
        exchange = try GradientExchange(cluster: cluster, map: map, layout: layout, control: .none)
        result = try NodeMemory(byteCount: count * 4, on: cluster)
        let own = exchange.partial(subtree: 0)
        for index in 0..<count { own[index] = Float(cluster.rank + index % 7) }
    }

    func run() throws {
        step += 1
        try exchange.start(0, step: step)
        while try !exchange.progress(step: step, batch: cluster.size, withSquares: false) { sched_yield() }
        let target = result.base.assumingMemoryBound(to: Float.self)
        for duty in exchange.duties {
            let range = duty.slice.elements
            (target + range.lowerBound).update(from: exchange.sum + range.lowerBound, count: range.count)
        }
        exchange.reset()
        exchange.reach(.updated, step: step)
        exchange.await(.updated, step: step)
    }

    func check(count: Int) {
        let target = result.base.assumingMemoryBound(to: Float.self)
        let ranks = Float(cluster.size * (cluster.size - 1) / 2)
        for index in stride(from: 0, to: count, by: max(1, count / 1000)) {
            precondition(target[index] == ranks + Float(cluster.size * (index % 7)))
        }
    }

    func free() throws {
        try exchange.free()
        try result.free()
    }
}

let largest = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 64 << 20
try MPIRuntime.run { mpi in
    let cluster = try Cluster(mpi.world)
    var bytes = 4096
    while bytes <= largest {
        let count = bytes / 4
        let exchange = try Exchange(cluster, count: count)
        let vector = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        vector.initialize(repeating: 0)
        let repeats = max(3, min(200, (64 << 20) / bytes))
        var times: [[Double]] = [[], []]
        for round in 0..<7 {
            for kind in 0..<2 {
                try cluster.world.barrier()
                let start = ProcessInfo.processInfo.systemUptime
                for _ in 0..<repeats {
                    if kind == 0 {
                        try exchange.run()
                    } else {
                        try cluster.world.allReduce(inPlace: vector, .sum)
                    }
                }
                let seconds = (ProcessInfo.processInfo.systemUptime - start) / Double(repeats)
                // The first round warms both up.
                if round > 0 { times[kind].append(try cluster.world.allReduce(seconds, .max) * 1e6) }
            }
        }
        exchange.check(count: count)
        if cluster.rank == 0 {
            let (ours, theirs) = (median(times[0]), median(times[1]))
            print(
                "{\"ranks\":\(cluster.size),\"bytes\":\(bytes),\"exchange_us\":\(ours),\"mpi_allreduce_us\":\(theirs),\"ratio\":\(theirs / ours)}"
            )
        }
        vector.deallocate()
        try exchange.free()
        bytes *= 4
    }
} onError: { error, _ in
    FileHandle.standardError.write(Data("allreduce-bench: error: \(error)\n".utf8))
    return 1
}
