import Cluster
import Foundation
import MPI

/// `timing.json`: what each rank of the process has spent its time with, in seconds, since its start, and the most memory
/// it has had; a resumed run starts again from 0. Apart from a profile it is the only file of a run that tells the number of ranks.
package struct RunTiming: Codable, Sendable, Equatable {
    /// One rank's seconds.
    package struct Rank: Codable, Sendable, Equatable {
        package let rank: Int
        package let seconds: Seconds
        /// The most bytes that were resident at a time, what ranks share included; nil of an older run, and where the
        /// system does not tell.
        package var peakMemoryBytes: Int?
    }

    /// Seconds by what they were spent with.
    package struct Seconds: Codable, Sendable, Equatable {
        /// Gradients and updates.
        package let computing: Double
        /// Exchange of gradients, statistics and updated weights.
        package let exchange: Double
        /// Waiting until all ranks of the node were at the same point of a step.
        package let waiting: Double
        package let evaluation: Double
        /// Copying checkpoints and writing results.
        package let checkpoint: Double
        /// Checks that ranks hold the same state.
        package let comparing: Double
        /// Loading data and preparing the model.
        package let preparing: Double

        /// Names and values, in order.
        package var all: [(name: String, seconds: Double)] {
            [
                ("computing", computing), ("exchange", exchange), ("waiting", waiting),
                ("evaluation", evaluation),
                ("checkpoints and results", checkpoint), ("comparing", comparing), ("preparing", preparing),
            ]
        }
    }

    package let ranks: [Rank]

    /// The times of all ranks so far; collective, nil on ranks other than 0.
    init?(of cluster: Cluster) throws {
        let operations: [[RankOperation]] = [
            [.computing, .updating], [.gradients, .statistics, .weights], [.meeting], [.evaluating],
            [.checkpoint, .writing], [.comparing], [.starting, .opening, .loading, .preparing],
        ]
        let own =
            operations.map { $0.reduce(0) { $0 + cluster.activity.seconds(of: $1) } }
            + [Double(ProcessMemory.peak ?? 0)]
        let all = try cluster.world.allGather(
            own, counts: Array(repeating: own.count, count: cluster.size))
        guard cluster.rank == 0 else { return nil }
        ranks = (0..<cluster.size).map { rank in
            let row = all[rank * own.count..<(rank + 1) * own.count].map { ($0 * 1e6).rounded() / 1e6 }
            let peak = Int(row[operations.count])
            return Rank(
                rank: rank,
                seconds: Seconds(
                    computing: row[0], exchange: row[1], waiting: row[2], evaluation: row[3],
                    checkpoint: row[4],
                    comparing: row[5], preparing: row[6]),
                peakMemoryBytes: peak > 0 ? peak : nil)
        }
    }

    /// Reads the file's bytes.
    package init(json: Data) throws { self = try JSONDecoder().decode(RunTiming.self, from: json) }

    /// Writes the file into a run's folder.
    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try FileOutput.write(try encoder.encode(self), to: "\(folder)/\(RunFolder.timingName)")
    }
}
